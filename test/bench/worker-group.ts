/** Workers under load: routers in processes of their own, with a port each, that are one realm over a hub in this process. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hub } from "../../src/cluster/hub/hub.js";
import { processChannel } from "../../src/cluster/hub/process-channel.js";
import { SYSTEM_CLOCK } from "../../src/session/clock.js";
import { cpuMicroseconds } from "./cpu.js";
import { BareClient } from "./load.js";
import { pin, unpin } from "./servers.js";

export interface Workers {
  /** One for each worker. */
  readonly urls: readonly string[];
  /** CPU time that each has used so far, in microseconds. */
  cpu(): readonly number[];
  /** Ends one with SIGKILL. */
  kill(at: number): void;
  stop(): void;
}

/** One worker is a router alone. `free` ones run on any CPU. */
export async function startWorkers(count: number, tls?: object, place: "own" | "free" = "own"): Promise<Workers> {
  const folder = mkdtempSync(join(tmpdir(), "wampact-bench-"));
  const children: ChildProcess[] = [];
  const hub = new Hub({ clock: SYSTEM_CLOCK, end: (node) => void children[Number(node)]?.kill("SIGKILL") });
  const settings = JSON.stringify({ realm: BareClient.realm, tls, alone: count === 1 });
  const urls: string[] = [];
  for (let at = 0; at < count; at++) {
    const child = fork(
      new URL("../support/worker-child.mjs", import.meta.url),
      [`${at}`, join(folder, `${at}.sock`), settings],
      { execArgv: [] },
    );
    children.push(child);
    hub.attach(`${at}`, processChannel(child));
    child.once("exit", () => hub.ended(`${at}`));
    urls.push(await listeningAt(child));
    if (place === "own") pin(child.pid);
    else unpin(child.pid);
  }
  return {
    urls,
    cpu: () => children.map(({ pid = 0 }) => cpuMicroseconds(pid) ?? Number.NaN),
    kill: (at) => void children[at]?.kill("SIGKILL"),
    stop() {
      hub.close();
      for (const child of children) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function listeningAt(child: ChildProcess): Promise<string> {
  for (;;) {
    const [told] = (await once(child, "message")) as [{ readonly url?: string }];
    if (told.url !== undefined) return told.url;
  }
}
