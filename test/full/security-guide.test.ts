/** docs/security.md and docs/permissions.md: the steps in an empty folder, and every program, run. */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, type TestContext, test, vi } from "vitest";
import { signerOf } from "../../src/auth/cryptosign.js";
import { firstWords, freePort, install, outputOf, start, write } from "../support/empty-folder.js";
import { temporary } from "../support/folder.js";
import { joined, type Snippet, snippetsOf } from "../support/snippets.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const hasOpenSsl = spawnSync("openssl", ["version"]).status === 0;
if (!hasOpenSsl) console.log("openssl is not there: the steps of docs/security.md are skipped");

/** The snippets that are files, by their name. */
function filesOf(page: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    snippetsOf(page).flatMap(({ code }) => {
      const [, name, text] = /^\/\/ (\w+\.ts)\n(.*)$/s.exec(code) ?? [];
      return name === undefined || text === undefined ? [] : [[name, text]];
    }),
  );
}

/** Runs the lines of a shell, in one shell, but for what npm would do. */
function run(dir: string, blocks: readonly Snippet[]): void {
  const lines = blocks.flatMap(({ code }) => code.trim().split("\n"));
  const packages = lines.flatMap((line) => (line.startsWith("npm install") ? line.split(" ").slice(2) : []));
  install(
    dir,
    packages.filter((each) => !each.startsWith("--")),
  );
  write(dir, { "package.json": JSON.stringify({ type: "module" }) });
  const script = lines.filter((line) => !line.startsWith("npm ")).join("\n");
  const { status, stderr } = spawnSync("sh", ["-e", "-c", script], { cwd: dir, encoding: "utf8" });
  expect(status, stderr).toBe(0);
}

test.skipIf(!hasOpenSsl)(
  "the ten minutes of docs/security.md, step by step, in an empty folder",
  async (t) => {
    const dir = temporary(t);
    const page = "docs/security.md";
    const end = readFileSync(join(ROOT, page), "utf8").split("## Logging in")[0]?.split("\n").length ?? 0;
    const shell = snippetsOf(page).filter(({ language, line }) => language === "sh" && line < end);
    expect(shell).toHaveLength(3);
    run(dir, shell);
    const port = String(await freePort());
    const files = filesOf(page);
    expect(Object.keys(files)).toEqual(["router.ts", "service.ts", "visitor.ts"]);
    write(dir, Object.fromEntries(Object.entries(files).map(([name, text]) => [name, text.replaceAll("8443", port)])));
    expect(await firstWords(start(t, dir, "router.ts"))).toBe(`listening on wss://127.0.0.1:${port}/ws\n`);
    expect(await firstWords(start(t, dir, "service.ts"))).toBe("serving as backend\n");
    expect(await outputOf(start(t, dir, "visitor.ts"))).toBe(
      "[ 42 ]\nwamp.error.not_authorized\nwamp.error.not_authorized\nexit 0",
    );
  },
  60_000,
);

/** Runs the programs of a page as one, with other texts in some places. Ports are drawn, and it ends when all is done. */
async function runPage(t: TestContext, page: string, texts: Readonly<Record<string, string>> = {}): Promise<string> {
  const programs = snippetsOf(page).filter(({ language, code }) => language === "ts" && !/^\/\/ \w+\.ts\n/.test(code));
  expect(programs.length).toBeGreaterThan(3);
  const dir = temporary(t);
  install(dir, ["wampact", "zod", "tsx"]);
  let program = joined(programs).replaceAll(/port: 8\d{3}/g, "port: 0");
  for (const [text, other] of Object.entries(texts)) {
    expect(program).toContain(text);
    program = program.replaceAll(text, other);
  }
  write(dir, { "package.json": JSON.stringify({ type: "module" }), "page.ts": `${program}\nprocess.exit(0);\n` });
  return outputOf(start(t, dir, "page.ts"));
}

test("the programs of docs/security.md run: every login gets in", async (t) => {
  const secret = "correct horse battery staple"; // which the page hashes
  const [sensor, router] = [randomBytes(32), randomBytes(32)];
  const secrets = {
    ADA_TICKET: secret,
    ADA_PASSWORD: secret,
    ADA_SECRET: secret,
    SENSOR_KEY: sensor.toString("hex"),
    ROUTER_KEY: router.toString("hex"),
    DECOY_SEED: "a seed",
  };
  for (const [name, value] of Object.entries(secrets)) vi.stubEnv(name, value);
  t.onTestFinished(() => void vi.unstubAllEnvs());
  const pubkeys = {
    "545efb0a2192db8d43f118e9bf9aee081466e1ef36c708b96ee6f62dddad9122": (await signerOf(sensor)).pubkey,
    "4a3838f6fe75251e613329d53fc69b262d5eac97fb1d73bebbaed4015b53c862": (await signerOf(router)).pubkey,
  };
  expect(await runPage(t, "docs/security.md", pubkeys)).toBe("admin\nadmin\nadmin\nsensor-7\nexit 0");
}, 120_000);

test("the programs of docs/permissions.md run, and say what they say", async (t) => {
  const refused = "wamp.error.not_authorized\n";
  expect(await runPage(t, "docs/permissions.md")).toBe(
    `[ 42 ]\n${refused.repeat(4)}clerk by a clerk\nanonymous notAuthorized\n` +
      "Error: the router has revoked the subscription of com.shop.news: wamp.error.not_authorized\n0\nexit 0",
  );
}, 120_000);
