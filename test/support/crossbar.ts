/** Crossbar.io, a router of others, in processes of its own, where it is installed. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createFolder, removeFolder } from "./folder.js";
import { isExecutable, onPath } from "./on-path.js";
import type { Finish } from "./peers.js";
import { REALM } from "./raw.js";

const NAMED = process.env.CROSSBAR;

/** The program, where it is there and runs. */
export const CROSSBAR: string | undefined = runs(NAMED && isExecutable(NAMED) ? NAMED : onPath("crossbar"));

function runs(program: string | undefined): string | undefined {
  return program && spawnSync(program, ["version"], { stdio: "ignore" }).status === 0 ? program : undefined;
}

export interface Crossbar {
  readonly url: string;
  /** Sends a signal to all of its processes. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it by a signal. */
  stop(signal: NodeJS.Signals): Promise<void>;
  /** Starts it on its port. Resolves when it listens. */
  start(): Promise<void>;
}

/** Starts a router with one realm, open to all; it ends with its test. */
export async function startCrossbar(t: Finish): Promise<Crossbar> {
  const port = await freePort();
  const folder = createFolder();
  writeFileSync(join(folder, "config.json"), JSON.stringify(configOf(port)));
  let child: ChildProcess | undefined;
  const signal = (name: NodeJS.Signals) => {
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, name);
  };
  const stop = async (name: NodeJS.Signals) => {
    const exited = child && child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
    signal(name);
    await exited;
  };
  const start = async () => {
    const args = ["start", "--cbdir", folder, "--loglevel", "none"];
    child = spawn(CROSSBAR as string, args, { detached: true, stdio: "ignore" }); // a test that runs has one
    await listens(port, child);
  };
  t.onTestFinished(async () => {
    signal("SIGCONT");
    await stop("SIGKILL");
    removeFolder(folder);
  });
  await start();
  return { url: `ws://127.0.0.1:${port}/`, signal, stop, start };
}

function configOf(port: number): object {
  const allow = { call: true, register: true, publish: true, subscribe: true };
  const role = { name: "anonymous", permissions: [{ uri: "", match: "prefix", allow }] };
  const endpoint = { type: "tcp", interface: "127.0.0.1", port };
  const worker = {
    type: "router",
    realms: [{ name: REALM, roles: [role] }],
    transports: [{ type: "websocket", endpoint }],
  };
  return { version: 2, workers: [worker] };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function listens(port: number, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`crossbar ended with ${child.exitCode}`);
    const socket = connect(port, "127.0.0.1");
    const open = await new Promise((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await sleep(100);
  }
}
