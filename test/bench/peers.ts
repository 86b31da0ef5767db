/** Routers of others that are started where they are installed, each as its documentation says, with its defaults. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { json } from "../../src/wire/serializers/json.js";
import { BareClient } from "./load.js";
import type { External } from "./servers.js";

/** A peer that runs. */
export interface Started extends External {
  /** Program and version, command line and configuration. */
  readonly how: string;
  /** Starts one more. */
  again(): Promise<Started | string>;
  stop(): void;
}

/** How one is started. */
interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly version: string;
  readonly path: string;
  /** The content of its configuration file, and the path of the file in its working directory. */
  readonly config?: { readonly file: string; readonly text: string };
}

interface Known {
  readonly name: string;
  /** Nothing where it is not installed. */
  find(where: Where): Launch | undefined;
}

interface Where {
  readonly port: number;
  readonly realm: string;
  /** The path of a program, or of a module's folder. */
  program(name: string): string | undefined;
  module(name: string): string | undefined;
}

const KNOWN: readonly Known[] = [
  {
    name: "nexus",
    find({ program, port, realm }) {
      const nexusd = program("nexusd");
      if (nexusd === undefined) return undefined;
      const version = /nexus\/v3\s+(v\S+)/.exec(output("go", ["version", "-m", nexusd]))?.[1] ?? "version unknown";
      return { program: nexusd, args: ["-ws", `127.0.0.1:${port}`, "-realm", realm], version, path: "/ws" };
    },
  },
  {
    name: "xconn",
    find({ program, port, realm }) {
      const xconn = program("xconn");
      if (xconn === undefined) return undefined;
      const config = {
        version: "1",
        realms: [{ name: realm }],
        transports: [{ type: "websocket", host: "127.0.0.1", port, serializers: ["json", "cbor", "msgpack"] }],
        authenticators: { anonymous: [{ authid: "anyone", realm, role: "anonymous" }] },
      };
      return {
        program: xconn,
        args: ["start"],
        version: output(xconn, ["--version"]),
        path: "/ws",
        config: { file: ".xconn/config.yaml", text: JSON.stringify(config) }, // YAML holds all of JSON
      };
    },
  },
  {
    name: "crossbar",
    find({ program, port, realm }) {
      const crossbar = program("crossbar");
      if (crossbar === undefined) return undefined;
      const may = { call: true, register: true, publish: true, subscribe: true };
      const roles = [{ name: "anonymous", permissions: [{ uri: "", match: "prefix", allow: may }] }];
      const endpoint = { type: "tcp", interface: "127.0.0.1", port };
      const transport = { type: "websocket", endpoint, serializers: ["json", "msgpack", "cbor"] };
      const worker = { type: "router", realms: [{ name: realm, roles }], transports: [transport] };
      return {
        program: crossbar,
        args: ["start", "--cbdir", ".", "--loglevel", "error"],
        version: /Crossbar.io\s*:\s*(\S+)/.exec(output(crossbar, ["version"]))?.[1] ?? "version unknown",
        path: "/",
        config: { file: "config.json", text: JSON.stringify({ version: 2, workers: [worker] }) },
      };
    },
  },
  {
    name: "fox-wamp",
    find({ module, port, realm }) {
      const fox = module("fox-wamp");
      if (fox === undefined) return undefined;
      const { version } = JSON.parse(readFileSync(join(fox, "package.json"), "utf8")) as { version: string };
      const script = `const Router = require(${JSON.stringify(fox)}); const router = new Router(); router.getRealm(${JSON.stringify(realm)}, () => {}); router.listenWAMP({ port: ${port} });`;
      return { program: process.execPath, args: ["-e", script], version, path: "/" };
    },
  },
];

export const KNOWN_PEERS: readonly string[] = KNOWN.map(({ name }) => name);

/** How long one may take to answer its first client. */
const PATIENCE_MS = 20_000;

/** Starts a known peer. Returns in words why it cannot be measured where it is not installed, or does not serve. */
export async function startPeer(name: string, directory: string | undefined): Promise<Started | string> {
  const port = await freePort();
  const launch = KNOWN.find((each) => each.name === name)?.find({
    port,
    realm: BareClient.realm,
    program: (wanted) => programIn(directory, wanted),
    module: (wanted) => moduleIn(directory, wanted),
  });
  if (!launch) return `${name}: not installed (looked in PATH${directory ? ` and ${directory}` : ""})`;
  const folder = mkdtempSync(join(tmpdir(), `bench-${name}-`));
  const { program, args, config, version, path } = launch;
  if (config) {
    mkdirSync(dirname(join(folder, config.file)), { recursive: true });
    writeFileSync(join(folder, config.file), config.text);
  }
  const peer = spawn(program, args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  const stop = () => {
    process.off("exit", stop);
    peer.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", stop); // no peer outlives the run
  const url = `ws://127.0.0.1:${port}${path}`;
  const fault = await firstFault(peer, url);
  if (fault !== undefined) {
    stop();
    return `${name} ${version}: it does not serve: ${fault}`;
  }
  const line = [basename(program), ...args].join(" ").replaceAll(/[^"\s]*\/node_modules\//g, ""); // where it lies is this machine's affair
  const how = `${name} ${version}: \`${line}\`${config ? `, with ${config.file}: \`${config.text}\`` : ""}`;
  const again = () => startPeer(name, directory);
  return { name, url, pid: listeningProcess(peer.pid as number), how, again, stop };
}

/** Waits until it takes a client. Returns why it does not. */
async function firstFault(peer: ChildProcess, url: string): Promise<string | undefined> {
  let words = "";
  peer.stderr?.on("data", (chunk) => {
    words = `${words}${chunk}`.slice(-2_000);
  });
  const gone = once(peer, "exit").then(
    ([code]) => `it ended with code ${code}: ${/^\w*Error: .*$/m.exec(words)?.[0] ?? words.trim().split("\n").at(-1)}`,
    (error: Error) => error.message,
  );
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const attempt = BareClient.join(url, json()).then(
      (client) => {
        client.close();
        return undefined;
      },
      (error: Error) => new Error(error.message),
    );
    const outcome = await Promise.race([attempt, gone]);
    if (!(outcome instanceof Error)) return outcome;
    if (performance.now() > end) return outcome.message;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The process that does the work: Crossbar has workers below the one that was started. */
function listeningProcess(pid: number): number {
  const children = output("ps", ["-o", "pid=", "--ppid", String(pid)])
    .trim()
    .split(/\s+/)
    .filter(Boolean);
  return children.length > 0 ? listeningProcess(Number(children.at(-1))) : pid;
}

function programIn(directory: string | undefined, name: string): string | undefined {
  const folders = [...(directory ? [join(directory, "bin")] : []), ...(process.env.PATH ?? "").split(":")];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

function moduleIn(directory: string | undefined, name: string): string | undefined {
  const folders = [...(directory ? [join(directory, "node_modules")] : []), output("npm", ["root", "--global"]).trim()];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(join(path, "package.json")));
}

function output(program: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  return `${stdout ?? ""}${stderr ?? ""}`.trim();
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
