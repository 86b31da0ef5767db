/** The curl lines of docs/http.md, each run, and its answer compared with the page. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { httpBridge } from "wampact/http";
import { createRouter } from "wampact/router";
import { join } from "../support/peers.js";
import { snippetsOf } from "../support/snippets.js";

const run = promisify(execFile);

/** A command, and the lines that the page says it prints. */
interface Line {
  readonly command: string;
  readonly printed: string;
}

const LINES: readonly Line[] = snippetsOf("docs/http.md")
  .filter(({ language, code }) => language === "sh" && code.startsWith("curl"))
  .flatMap(({ code }) => code.split(/^(?=curl)/m))
  .map((text) => {
    const [command = "", ...lines] = text.trimEnd().split("\n");
    return { command, printed: lines.map((line) => line.replace(/^# ?/, "")).join("\n") };
  });

/** IDs are other ones each time. */
const withoutIds = (text: string) => text.replaceAll(/\d{10,}/g, "<id>").trim();

test("every curl line of docs/http.md prints what the page says", async (t) => {
  const router = createRouter({ realms: [{ name: "com.app" }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { port } = await router.listen({ http: [httpBridge()] });
  const peer = await join(t, router, { realm: "com.app" });
  await peer.register("com.app.add2", ({ args: [a, b] }) => (a as number) + (b as number));
  await peer.register("com.app.greet", ({ kwargs: { name } }) => `Hello, ${name}!`);
  await peer.register("com.app.count", ({ args: [to], progress }) => {
    for (let at = 1; at < (to as number); at++) progress([at]);
    return to;
  });
  expect(LINES).toHaveLength(6);
  for (const { command, printed } of LINES) {
    const line = command.replace("127.0.0.1:8080", `127.0.0.1:${port}`);
    const { stdout } = await run("sh", ["-c", line]).catch((error: { stdout: string; code: number }) => {
      if (error.code !== 28) throw error; // -m: the time of a stream is up
      return error;
    });
    expect(withoutIds(stdout), command).toBe(withoutIds(printed));
  }
});
