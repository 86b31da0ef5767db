import { type ExecFileException, execFile } from "node:child_process";

/** What the service manager is told: systemd's `sd_notify`. */
export interface Notifier {
  ready(status: string): Promise<void>;
  reloading(): Promise<void>;
  stopping(): Promise<void>;
}

/** Longest time the command may take, in milliseconds. */
const LIMIT_MS = 5_000;

/**
 * Tells the service manager by the command `systemd-notify`, since Node has no datagram sockets of Unix; the unit needs `NotifyAccess=all`. Without
 * NOTIFY_SOCKET it tells nobody. `warn` is told once where it cannot.
 */
export function createNotifier(warn: (words: string) => void): Notifier {
  if (!process.env.NOTIFY_SOCKET) return { ready: async () => {}, reloading: async () => {}, stopping: async () => {} };
  let warned = false;
  const notify = (...states: readonly string[]): Promise<void> =>
    new Promise((resolve) => {
      execFile("systemd-notify", states, { timeout: LIMIT_MS }, (error) => {
        if (error && !warned) {
          warned = true;
          warn(wordsOf(error));
        }
        resolve();
      });
    });
  return {
    ready: (status) => notify("READY=1", `STATUS=${status}`, `MAINPID=${process.pid}`),
    reloading: () => notify("RELOADING=1", `MONOTONIC_USEC=${process.hrtime.bigint() / 1_000n}`),
    stopping: () => notify("STOPPING=1"),
  };
}

function wordsOf({ code, message }: ExecFileException): string {
  const why = code === "ENOENT" ? "the command systemd-notify is missing" : message.trim();
  return `the service manager waits to be told (NOTIFY_SOCKET), and ${why}; install systemd-notify and set NotifyAccess=all in the unit, or use Type=exec`;
}
