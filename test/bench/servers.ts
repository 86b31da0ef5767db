/** Servers under load: our router and the baselines in processes of their own, or any other by its URL and process ID. */
import { fork, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import type { MemoryStoreOptions, RealmConfig, Router, WebSocketOptions } from "wampact/router";
import { cpuMicroseconds } from "./cpu.js";
import { BareClient } from "./load.js";
import { told } from "./told.js";

/** The kinds of server that `server.ts` can be. */
export type ServerKind = "router" | "echo" | "fanout";

/** How a router under load is set up. It crosses a process border as JSON. */
export interface RouterSettings {
  readonly listen?: WebSocketOptions;
  /** Whether it speaks RawSocket, too, on the same port. */
  readonly raw?: boolean;
  readonly realm?: Partial<RealmConfig>;
  readonly store?: MemoryStoreOptions;
  /** The role of its clients, who are anonymous. */
  readonly authrole?: string;
  /** Whether it has a log and metrics, which are read every second. */
  readonly watched?: boolean;
}

export interface Server {
  readonly url: string;
  /** CPU time used so far, in microseconds. */
  cpu(): Promise<number>;
  /** Resident memory in bytes, and the JavaScript heap after a collection where it is ours. */
  memory(): Promise<{ readonly rss: number; readonly heap: number }>;
  /** Resident memory in bytes, as it is. */
  resident(): Promise<number>;
  /** The current contents of a router, and its counters. */
  held(): Promise<Held>;
  /** The most resident memory that there was, in bytes; not a number where the platform does not tell. */
  peak(): number;
  stop(): void;
}

export interface Held {
  readonly rss: number;
  /** With what is not collected yet. */
  readonly heapUsed: number;
  readonly stats: ReturnType<Router["stats"]>;
  readonly totals: ReturnType<Router["totals"]>;
}

/** A router of somebody else's that already runs, as `--url` and `--pid` or `--against` name it. */
export interface External {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
}

const LOAD_CPUS = cpus().length === 2 ? "1" : `1-${cpus().length - 1}`;

/** Whether servers are pinned to the first CPU, and this process to the others. Only some platforms support it. */
export const PINNED: boolean = process.platform === "linux" && cpus().length > 1 && pinTo(LOAD_CPUS, process.pid);

/** A directory that servers write their CPU profiles to, each when it is stopped. Default: they write none. */
export const profiles: { directory: string | undefined } = { directory: undefined };

export async function startServer(
  kind: ServerKind,
  settings: RouterSettings = {},
  place: Place = "own",
): Promise<Server> {
  const { directory } = profiles;
  const profiling = directory === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${directory}`];
  const server = fork(new URL("server.ts", import.meta.url), [kind, BareClient.realm, JSON.stringify(settings)], {
    execArgv: ["--import", "tsx", "--expose-gc", ...profiling],
  });
  const { url } = await told<{ url: string }>(server);
  const { pid = 0 } = server;
  pin(pid, place);
  const ask = async <T>(what: string): Promise<T> => {
    server.send(what);
    return told<T>(server);
  };
  return {
    url,
    async cpu() {
      const measured = cpuMicroseconds(pid);
      if (measured !== undefined) return measured;
      const { user, system } = await ask<NodeJS.CpuUsage>("cpu");
      return user + system;
    },
    async memory() {
      const { rss, heapUsed } = await ask<NodeJS.MemoryUsage>("collected");
      return { rss, heap: heapUsed };
    },
    resident: async () => (await ask<NodeJS.MemoryUsage>("memory")).rss,
    held: () => ask("held"),
    peak: () => peakBytes(pid),
    stop: () => void (server.connected && server.disconnect()), // whereupon it exits
  };
}

/** It is left running, pinned as our servers are, and its memory is what the platform says. */
export function externalServer({ name, url, pid }: External, place: Place = "own"): Server {
  pin(pid, place);
  return {
    url,
    async cpu() {
      const measured = cpuMicroseconds(pid);
      if (measured === undefined) throw new Error(`${name}: the CPU time of the process ${pid} cannot be read here`);
      return measured;
    },
    memory: async () => ({ rss: residentBytes(pid), heap: Number.NaN }),
    resident: async () => residentBytes(pid),
    held: () => Promise.reject(new Error(`${name}: what it holds cannot be asked`)),
    peak: () => peakBytes(pid),
    stop() {},
  };
}

function residentBytes(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
  return pages * 4_096;
}

function peakBytes(pid: number): number {
  if (process.platform !== "linux") return Number.NaN;
  const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) * 1_024;
}

/** `NAME=URL,PID`. */
export function readExternal(text: string): External | undefined {
  const [, name, url, pid] = /^([^=]+)=(wss?:\/\/[^,]+),(\d+)$/.exec(text) ?? [];
  return name && url && pid ? { name, url, pid: Number(pid) } : undefined;
}

/** The CPU that is kept for measured processes, or one of those of the load. */
export type Place = "own" | "shared";

/** Pins a measured process, where this process has been pinned to the others. */
export function pin(pid: number | undefined, place: Place = "own"): void {
  if (PINNED) pinTo(place === "own" ? "0" : "1", pid);
}

/** Lets a measured process run on every CPU: it has inherited those of this one. */
export function unpin(pid: number | undefined): void {
  if (PINNED) pinTo(`0-${cpus().length - 1}`, pid);
}

/** Has the load run on one CPU alone, the one that is shared, or on all that are not kept for measured processes. */
export function pinLoad(place: Place): void {
  if (PINNED) pinTo(place === "own" ? LOAD_CPUS : "1", process.pid);
}

function pinTo(list: string, pid: number | undefined): boolean {
  return spawnSync("taskset", ["-a", "-c", "-p", list, String(pid)]).status === 0;
}
