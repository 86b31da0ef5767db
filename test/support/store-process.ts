import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { msgpack } from "wampact/msgpack";
import type { Peer } from "wampact/peer";
import { connectPeer, type Finish, Inbox } from "./peers.js";

/** A router with a durable store in a process of its own, and a peer of it. */
export interface StoreRouter {
  readonly peer: Peer;
  readonly pid: number;
  /** The errors that its `onError` has received. */
  readonly reports: readonly string[];
  /** Puts its clock forward. */
  advance(ms: number): Promise<void>;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
}

export interface StoreRouterOptions {
  readonly path: string;
  readonly sync: "sync" | "nosync";
  /** A program that runs the router, and its own arguments. */
  readonly runner?: readonly string[];
}

/** Starts a router in a child process, which ends at the latest with its test. */
export async function startStoreRouter(
  t: Finish,
  { path, sync, runner = [] }: StoreRouterOptions,
): Promise<StoreRouter> {
  const script = fileURLToPath(new URL("store-router.ts", import.meta.url));
  const [program = "", ...args] = [...runner, process.execPath, "--import", "tsx", script, path, sync];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit", "ipc"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const kill = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  t.onTestFinished(kill);
  const reports: string[] = [];
  const clockSet = new Inbox<number>();
  child.on("message", (told) => (typeof told === "string" ? reports.push(told) : clockSet.push(told as number)));
  const advance = async (ms: number) => {
    child.send(ms);
    await clockSet.next();
  };
  const [line] = await new Promise<string[]>((resolve, reject) => {
    child.stdout?.once("data", (data) => resolve(String(data).split("\n")));
    child.once("exit", (code, signal) => reject(new Error(`the router ended with ${code ?? signal}`)));
  });
  const peer = await connectPeer(t, { url: line ?? "", reconnect: false, serializers: [msgpack()] });
  return { peer, pid: child.pid as number, reports, advance, kill };
}
