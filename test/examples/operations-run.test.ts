/** The example of examples/operations, run as its containers would: a router, a service and a client, each in a process of its own. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, type TestContext, test } from "vitest";
import { freePort } from "../support/empty-folder.js";
import { temporary } from "../support/folder.js";
import { skipOnWindows } from "../support/platform.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CLI = join(ROOT, "dist/src/cli/main.js");
const SECRETS = { BACKEND_SECRET: "a-secret-of-the-test", ADMIN_TOKEN: "a-token-of-the-test" };

/** A copy with the packages that `npm ci` would install. What is to be elsewhere here, such as its ports, is in its configuration. */
function copy(t: TestContext, adminPort = 0): string {
  const dir = temporary(t);
  cpSync(join(ROOT, "examples/operations"), dir, { recursive: true });
  mkdirSync(join(dir, "node_modules"));
  symlinkSync(ROOT, join(dir, "node_modules/wampact"), "junction");
  for (const name of ["zod", "lmdb"])
    symlinkSync(join(ROOT, "node_modules", name), join(dir, "node_modules", name), "junction");
  const file = join(dir, "wampact.config.json");
  const config = JSON.parse(readFileSync(file, "utf8"));
  config.listeners[0].port = 0;
  config.admin.port = adminPort;
  config.control = join(dir, "control.sock");
  config.realms[0].store.path = join(dir, "data");
  writeFileSync(file, JSON.stringify(config));
  return dir;
}

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const page = read("docs/operations.md");

/** The paths that probes of the manifest ask for. */
function probed(): readonly string[] {
  return [...read("examples/operations/kubernetes.yaml").matchAll(/httpGet: \{ path: (\S+),/g)].map(
    ([, path = ""]) => path,
  );
}

/** The health check of the image, for another port. */
function healthcheck(port: number): readonly string[] {
  const [, command = ""] = /HEALTHCHECK[^[]*CMD (\[.*\])$/m.exec(read("examples/operations/Dockerfile")) ?? [];
  return JSON.parse(command.replace("127.0.0.1:8081/", `127.0.0.1:${port}/`));
}

function scrape(port: number, token?: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/metrics`, token ? { headers: { authorization: `Bearer ${token}` } } : {});
}

class Program {
  readonly #child: ChildProcess;
  readonly ended: Promise<number | null>;
  printed = "";
  #wake: () => void = () => {};

  constructor(
    t: TestContext,
    cwd: string,
    { args, env }: { readonly args: readonly string[]; readonly env: NodeJS.ProcessEnv },
  ) {
    this.#child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (chunk) => {
        this.printed += chunk;
        this.#wake();
      });
    }
    this.ended = new Promise((resolve) => this.#child.once("close", resolve));
    void this.ended.then(() => this.#wake());
    t.onTestFinished(() => void this.#child.kill("SIGKILL"));
  }

  /** Waits until the output contains a match of the pattern, and returns it. */
  async prints(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.printed)?.[0];
      if (found !== undefined) return found;
      if (this.#child.exitCode !== null) throw new Error(`it has ended without ${pattern}:\n${this.printed}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  terminate(): Promise<number | null> {
    this.#child.kill("SIGTERM");
    return this.ended;
  }
}

test("router, service and client of the example work together, and end in order", async (t) => {
  skipOnWindows(t, "it has no signals");
  const adminPort = await freePort();
  const dir = copy(t, adminPort);
  const env = { ...SECRETS, WAMPACT_HOST: "127.0.0.1" };
  const config = ["--config", "wampact.config.json"];
  const checked = new Program(t, dir, { args: [CLI, "router", "check", "--strict", ...config], env });
  expect(await checked.ended, checked.printed).toBe(0);

  const router = new Program(t, dir, { args: [CLI, "router", ...config], env });
  const ROUTER_URL = await router.prints(/ws:\/\/127\.0\.0\.1:\d+\/ws/);
  const service = new Program(t, dir, { args: ["service.mjs"], env: { ROUTER_URL, ...SECRETS } });
  await service.prints(/serving at/);
  const client = new Program(t, dir, { args: ["client.mjs"], env: { ROUTER_URL } });
  expect(await client.ended, client.printed).toBe(0);
  expect(client.printed).toBe("Hello, Ada!\n");
  const reloaded = new Program(t, dir, { args: [CLI, "router", "reload", ...config], env });
  expect(await reloaded.ended, reloaded.printed).toBe(0);
  for (const path of probed()) {
    const { status } = await fetch(`http://127.0.0.1:${adminPort}${path}`);
    expect(status, path).toBe(200);
  }
  const [command = "", ...args] = healthcheck(adminPort);
  expect(spawnSync(command, args, { cwd: dir }).status).toBe(0);
  expect((await scrape(adminPort)).status).toBe(401);
  const metrics = await (await scrape(adminPort, SECRETS.ADMIN_TOKEN)).text();
  expect(metrics).toContain('wampact_sessions{realm="com.app",role="backend"} 1');
  for (const name of [...page.matchAll(/\b(?:wampact|nodejs)_[a-z_]+/g)].map(([metric]) => metric))
    expect(metrics, `${name} of docs/operations.md`).toContain(`# TYPE ${name.replace(/_(?:bucket|count|sum)$/, "")} `);
  expect(await service.terminate(), service.printed).toBe(0);
  expect(await router.terminate(), router.printed).toBe(0);
  expect(router.printed + service.printed).not.toContain(SECRETS.BACKEND_SECRET);
});

test("without its secrets the router does not start, and names what is missing", async (t) => {
  const router = new Program(t, copy(t), {
    args: [CLI, "router", "--config", "wampact.config.json"],
    env: { WAMPACT_HOST: "127.0.0.1" },
  });
  expect(await router.ended).toBe(1);
  expect(router.printed).toContain("BACKEND_SECRET");
});

test("docs/operations.md has the exit codes of the command", async (t) => {
  const help = new Program(t, ROOT, { args: [CLI, "router", "--help"], env: {} });
  expect(await help.ended).toBe(0);
  const codesOf = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, codes]) => codes);
  const told = codesOf(help.printed.slice(help.printed.indexOf("Exit codes:")), /^ +(\d+(?:, \d+)*) {2}/gm);
  expect(told).toContain("0");
  expect(codesOf(page.slice(page.indexOf("| exit code |")), /^\| (\d+(?:, \d+)*) \|/gm)).toEqual(
    expect.arrayContaining(told),
  );
});
