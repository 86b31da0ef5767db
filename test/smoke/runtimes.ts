/**
 * `npm run test:runtimes`: the client of the packed package in Node, Bun and Deno, against our router. A runtime that is not in PATH is skipped, and
 * named. Ends with 1 if a runtime fails.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { connect, serve } from "wampact";
import { createRouter } from "wampact/router";
import * as contract from "./runtimes/contract.mjs";

const REALM = "com.smoke";
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { dependencies: object };

/** A runtime, and its arguments before those of the program. */
const RUNTIMES: readonly (readonly [command: string, ...args: string[]])[] = [
  ["node"],
  ["bun", "run"],
  ["deno", "run", "--node-modules-dir=manual", "--allow-net", "--allow-read", "--allow-env", "--allow-sys"],
];

const project = createProject();
try {
  for (const [command, ...args] of RUNTIMES) {
    const version = spawnSync(command, ["--version"], { encoding: "utf8" }).stdout?.split("\n", 1)[0];
    if (version === undefined) console.log(`skipped: ${command} is not in PATH`);
    else if (await runClient(command, args)) console.log(`passed: ${command}, ${version}`);
    else {
      console.log(`FAILED: ${command}, ${version}`);
      process.exitCode = 1;
    }
  }
} finally {
  rmSync(project, { recursive: true, force: true });
}

/** A project as `npm install wampact zod` leaves it: our files are those of the tarball, the other packages are those of this repository. */
function createProject(): string {
  const dir = mkdtempSync(join(tmpdir(), "wampact-runtimes-"));
  const modules = join(dir, "node_modules");
  mkdirSync(join(modules, "@noble"), { recursive: true });
  for (const name of ["zod", ...Object.keys(dependencies)])
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  const packed = spawnSync("npm", ["pack", "--json", "--pack-destination", dir], { cwd: ROOT, encoding: "utf8" });
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  mkdirSync(join(modules, "wampact"));
  spawnSync("tar", ["-xzf", join(dir, filename), "--strip-components=1", "-C", join(modules, "wampact")]);
  buildSync({
    entryPoints: ["client", "contract"].map((name) => join(ROOT, `test/smoke/runtimes/${name}.mts`)),
    outdir: dir,
    outExtension: { ".js": ".mjs" },
  });
  return dir;
}

/** Runs the client against a router of its own. Returns whether it succeeded. */
async function runClient(command: string, args: readonly string[]): Promise<boolean> {
  let stop = async () => {};
  const start = async (port: number): Promise<string> => {
    const router = createRouter({ realms: [{ name: REALM }] });
    const { url } = await router.listen({ port });
    const peer = await connect({ transport: router.attach(), realm: REALM });
    await serve(peer, contract, {
      divide({ a, b }, { errors }) {
        if (b === 0) throw errors.divideByZero({ numerator: a });
        return { quotient: a / b };
      },
      async *count({ to }) {
        for (let at = 1; at <= to; at++) yield { at };
        return { counted: to };
      },
      say: ({ text }) => void peer.publish("com.smoke.said", [], { text }),
      restart: () => void setImmediate(() => stop().then(() => start(Number(new URL(url).port)))),
    });
    stop = () => router.close({ drainMs: 0 });
    return url;
  };
  const url = await start(0);
  const child = spawn(command, [...args, "client.mjs", url], { cwd: project, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
  const [code] = await once(child, "close");
  clearTimeout(timer);
  await stop();
  return code === 0 && output === "ok\n";
}
