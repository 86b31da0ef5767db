import { type ExecFileException, execFile } from "node:child_process";

/** Notifies the service manager: systemd's `sd_notify`. */
export interface Notifier {
  ready(status: string): Promise<void>;
  reloading(): Promise<void>;
  stopping(): Promise<void>;
}

/** The timeout of the command, in milliseconds. */
const LIMIT_MS = 5_000;

/**
 * Creates a notifier that runs the command `systemd-notify`, because Node has no Unix datagram sockets. The unit needs
 * `NotifyAccess=all`. Without NOTIFY_SOCKET it does nothing. Calls `warn` once if a notification fails.
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
  return `the service manager cannot be notified (NOTIFY_SOCKET): ${why}; install systemd-notify and set NotifyAccess=all in the unit, or use Type=exec`;
}
