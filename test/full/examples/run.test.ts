import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { withNats } from "../../support/with-nats.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

const TSX = import.meta.resolve("tsx");

/** Runs an example as its npm script does; gives what it printed. */
async function run(example: string): Promise<{ readonly code: number | null; readonly lines: readonly string[] }> {
  const args = ["--import", TSX, `examples/${example}/main.ts`];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, lines: output.trimEnd().split("\n") };
}

test.concurrent.for<[example: string, ...lines: string[]]>([
  ["calculator", "2 + 3 = 5", "4 × 5 = 20", "cannot divide 1", "countdown: 3", "countdown: 0"],
  ["chat", "ben hears in tea: Is there any left?", "the moderator hears in cake: And here?", 'rejected for "spam"'],
  ["jobs", "resize: 3 of 3", "encode: done", "render a film: canceled", "sum so far: 6", "sum: 6"],
  [
    "fleet",
    "truck_7 speed: 81 km/h (retained)",
    "van_2 fuel: 41 l (retained)",
    "  truck_7 temperature: 4.5 °C, at 3 s",
  ],
  ["weather", "cities: oslo, rome", "Oslo: [ 2, 3, 1 ]", "unknown: atlantis", "service: warning 4: Storm"],
])("%s runs alone and ends well", async ([example, ...lines]) => {
  const printed = await run(example);
  expect(printed).toMatchObject({ code: 0 });
  for (const line of lines) expect(printed.lines).toContain(line);
});

withNats("cluster runs alone and ends well: a router that is killed costs no call", async () => {
  const { code, lines } = await run("cluster");
  expect({ code, lines }).toMatchObject({ code: 0 });
  expect(lines).toContain("a call at r3, answered at r1: 2 + 3 = 5");
  expect(lines).toContain("kill -9 r1");
  expect(lines.at(-1)).toBe("1000 of 1000 calls were answered");
});
