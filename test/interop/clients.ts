/** Clients of others, each set up in a folder of its own; one that cannot be had here is skipped, in words. */
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { SerializerId } from "wampact/peer";

/** The settings of one run of a client, sent to it as JSON. */
export interface Run {
  readonly transport: "websocket" | "rawsocket";
  readonly batched: boolean;
  readonly url: string;
  readonly realm: string;
  readonly serializer: SerializerId;
  readonly method: string;
  readonly authid: string;
  readonly secrets: Readonly<Record<string, string>>;
}

/** A client that can be run. */
export interface Client {
  /** Whether it has batched WebSockets. */
  readonly batches: boolean;
  readonly program: string;
  readonly args: readonly string[];
}

/** How a client is set up; `skipped` says why it cannot be. */
export interface Setup {
  readonly name: string;
  setUp(folder: string): Client | { readonly skipped: string };
}

const HERE = fileURLToPath(new URL(".", import.meta.url));
const AUTOBAHN = "autobahn[encryption]";
const NEXUS = "github.com/gammazero/nexus/v3@v3.3.0";
/** How long it may take to set one up. */
const PATIENCE_MS = 300_000;

export const CLIENTS: readonly Setup[] = [
  {
    name: "autobahn-python",
    setUp(folder) {
      const args = [`${HERE}client.py`];
      const imports = "import autobahn.asyncio.component, nacl, base58, cbor2, msgpack";
      const named = process.env.PYTHON;
      if (named !== undefined) {
        const refusal = run(folder, named, ["-c", imports]);
        return refusal
          ? { skipped: `PYTHON=${named} lacks a package: ${refusal}` }
          : { batches: true, program: named, args };
      }
      const program = `${folder}/bin/python`;
      if (existsSync(program) && !run(folder, program, ["-c", imports])) return { batches: true, program, args };
      const refusal =
        run(folder, "python3", ["-m", "venv", folder]) ??
        run(folder, `${folder}/bin/pip`, ["install", "--quiet", AUTOBAHN]) ??
        run(folder, program, ["-c", imports]);
      return refusal ? { skipped: `${AUTOBAHN} cannot be installed: ${refusal}` } : { batches: true, program, args };
    },
  },
  {
    name: "nexus (Go)",
    setUp(folder) {
      const program = `${folder}/client`;
      copyFileSync(`${HERE}client.go`, `${folder}/main.go`);
      rmSync(`${folder}/go.mod`, { force: true });
      const refusal =
        run(folder, "go", ["mod", "init", "interop"]) ??
        run(folder, "go", ["get", NEXUS]) ??
        run(folder, "go", ["mod", "tidy"]) ??
        run(folder, "go", ["build", "-o", program, "."]);
      return refusal ? { skipped: `${NEXUS} cannot be built: ${refusal}` } : { batches: false, program, args: [] };
    },
  },
];

/** Runs a program in a folder to its end. Returns why it failed, if it did. */
function run(folder: string, program: string, args: readonly string[]): string | undefined {
  mkdirSync(folder, { recursive: true });
  const { status, stderr, error } = spawnSync(program, args, { cwd: folder, encoding: "utf8", timeout: PATIENCE_MS });
  if (status === 0) return undefined;
  return error?.message ?? (stderr.trim().split("\n").at(-1) || `${program} ended with ${status}`);
}

/** A client's report of one step: its name, and the reason if it failed. */
export type Told = readonly [step: string, failure: string | null];

/** Lets a client go through all steps. */
export function goThrough({ program, args }: Client, given: Run): Promise<readonly Told[]> {
  const child = spawn(program, [...args, JSON.stringify(given)], { stdio: ["ignore", "pipe", "inherit"] });
  const late = setTimeout(() => child.kill(), 120_000);
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => {
      clearTimeout(late);
      resolve(
        text
          .split("\n")
          .filter(Boolean)
          .map((line) => JSON.parse(line) as Told),
      );
    });
  });
}
