/** A router in a process of its own, which a test stops in order or kills, and starts again on the same port. */
import { endChild, startChild } from "./child.js";
import type { Finish } from "./peers.js";

export interface RouterProcess {
  readonly url: string;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
  /** Closes it in order. */
  close(drainMs: number): Promise<void>;
  /** Starts another one on its port. Resolves when it listens. */
  restart(): Promise<void>;
  /** Stops it with SIGSTOP, or lets it go on. */
  freeze(frozen: boolean): void;
}

/** Starts a router in a child process, which ends at the latest with its test. */
export async function startRouterProcess(
  t: Finish,
  transport: "websocket" | "rawsocket" = "websocket",
): Promise<RouterProcess> {
  const start = (port: string) => startChild("router-child.mjs", [port, transport]);
  let [child, url] = await start("0");
  t.onTestFinished(() => endChild(child, () => child.kill("SIGKILL")));
  return {
    url,
    kill: () => endChild(child, () => child.kill("SIGKILL")),
    close: (drainMs) => endChild(child, () => child.send(drainMs)),
    async restart() {
      [child, url] = await start(new URL(url).port);
    },
    freeze: (frozen) => void child.kill(frozen ? "SIGSTOP" : "SIGCONT"),
  };
}
