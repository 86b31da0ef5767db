/** The cost of passing a message to another thread and back, in this process: the minimum that a router with several threads would pay. */
import { Worker } from "node:worker_threads";
import { cpuMicroseconds } from "./cpu.js";

const ECHO = `const { parentPort } = require("node:worker_threads"); parentPort.on("message", (data) => parentPort.postMessage(data));`;
const IN_FLIGHT = 64;

/** CPU of both threads in microseconds for a message of 100 bytes there and back, 64 under way. */
export async function threadRoundTrip(durationMs: number): Promise<number> {
  const worker = new Worker(ECHO, { eval: true });
  const data = new Uint8Array(100);
  const run = (ms: number) =>
    new Promise<number>((resolve) => {
      const end = Date.now() + ms;
      let open = IN_FLIGHT;
      let answered = 0;
      worker.removeAllListeners("message");
      worker.on("message", () => {
        answered++;
        if (Date.now() < end) worker.postMessage(data);
        else if (--open === 0) resolve(answered);
      });
      for (let index = 0; index < IN_FLIGHT; index++) worker.postMessage(data);
    });
  await run(durationMs / 2);
  const before = used();
  const messages = await run(durationMs);
  const took = used() - before;
  await worker.terminate();
  return took / messages;
}

function used(): number {
  const { user, system } = process.cpuUsage();
  return cpuMicroseconds(process.pid) ?? user + system;
}
