import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { FromRouter, Ports, Report, ToRouter } from "./places.js";
import type { PlantName } from "./plants.js";

/** A router under attack, in its process. */
export interface Target {
  readonly ports: Ports;
  /** Whether a planted fault was reached. */
  readonly planted: boolean;
  /** Resolves with what the router holds and has read. Rejects when the router's process is gone. */
  report(): Promise<Report>;
  /** Closes the router, and resolves with the exit code of its process; `null` when it had to be killed. */
  close(): Promise<number | null>;
}

/** How the finding begins that the process has ended by itself. */
export const ENDED = "the router's process ended with";
/** How long a router may take to close, in milliseconds. */
const CLOSE_WITHIN_MS = 20_000;

/** Starts a router under attack. What must not happen to it is told to `found`: an exit, a fault, a word on standard error. */
export async function startTarget(plant: PlantName | undefined, found: (what: string) => void): Promise<Target> {
  const script = fileURLToPath(new URL("router-process.ts", import.meta.url));
  const child = fork(script, plant ? [plant] : [], {
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
  let [planted, closing, errors] = [false, false, ""];
  const reports: ((report: Report) => void)[] = [];
  child.stderr?.on("data", (chunk: Buffer) => {
    errors += chunk;
  });
  const exited = new Promise<number | null>((resolve) => {
    child.on("close", (code, signal) => {
      if (!closing || code !== 0) found(`${ENDED} ${signal ?? code}:\n${errors}`);
      else if (errors !== "") found(`the router's process said on standard error:\n${errors}`);
      resolve(code);
    });
  });
  const ports = await new Promise<Ports>((resolve, reject) => {
    void exited.then(() => reject(new Error(`the router's process did not start:\n${errors}`)));
    child.on("message", (message: FromRouter) => {
      if (message.type === "listening") resolve(message.ports);
      else if (message.type === "planted") planted = true;
      else if (message.type === "fault") found(`the router reported a fault of its own:\n${message.text}`);
      else for (const take of reports.splice(0)) take(message.report);
    });
  });
  return {
    ports,
    get planted() {
      return planted;
    },
    report() {
      return new Promise((resolve, reject) => {
        void exited.then(() => reject(new Error("the router's process is gone")));
        reports.push(resolve);
        tell(child, { type: "report" });
      });
    },
    async close() {
      closing = true;
      tell(child, { type: "close" });
      const kill = setTimeout(() => child.kill("SIGKILL"), CLOSE_WITHIN_MS);
      const code = await exited;
      clearTimeout(kill);
      return code;
    },
  };
}

/** A process that is gone cannot be told anything, and its end is told elsewhere. */
function tell(child: ChildProcess, message: ToRouter): void {
  if (child.connected) child.send(message, () => {});
}
