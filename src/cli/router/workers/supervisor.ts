import cluster, { type Worker } from "node:cluster";
import { join } from "node:path";
import { Hub } from "../../../cluster/hub/hub.js";
import type { Channel } from "../../../cluster/hub/messages.js";
import { processChannel } from "../../../cluster/hub/process-channel.js";
import type { WampactConfig } from "../../../config/settings.js";
import type { Log } from "../../../operations/log/types.js";
import { SYSTEM_CLOCK } from "../../../session/clock.js";
import type { EndingSignal } from "../ending.js";
import type { LogFormat } from "../operations.js";
import { forwardLines } from "./forward-lines.js";
import type { FromWorker, ToWorker, WorkerFault, WorkerQuestion } from "./messages.js";
import { WORKER_VARIABLE } from "./place.js";

/** The running time, in milliseconds, after which the end of a worker does not count as one of several in a row. */
const SETTLED_MS = 60_000;
/** The delay before a worker that ended early is replaced for the second time in a row, in milliseconds. It doubles each time. */
const FIRST_PAUSE_MS = 1_000;
const MOST_PAUSE_MS = 30_000;

/** The parts of a supervisor. */
export interface SupervisorParts {
  readonly count: number;
  readonly log: Log;
  readonly format: LogFormat;
  /** Returns the name of a worker in its cluster. */
  nodeOf(number: number): string;
  /** A folder for the sockets between workers. `undefined` if the configuration has a cluster. */
  readonly folder: string | undefined;
}

/** The place of one worker, and its current process, if any. */
interface Slot {
  readonly number: number;
  readonly node: string;
  worker: Worker | undefined;
  channel: Channel<ToWorker, FromWorker> | undefined;
  isReady: boolean;
  /** The reason why the last one could not start. */
  fault: WorkerFault | undefined;
  startedAt: number;
  /** The number of processes in a row that ended early. */
  failures: number;
  stopTimer: (() => void) | undefined;
}

interface Asked {
  readonly number: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The addresses on which workers listen, and the other routers that they found. */
export interface Started {
  readonly urls: readonly string[];
  readonly peers: readonly string[];
}

/** Workers could not be started. */
export class WorkerFailed extends Error {
  override readonly name = "WorkerFailed";
  readonly fault: WorkerFault;

  constructor(fault: WorkerFault) {
    super(fault.words);
    this.fault = fault;
  }
}

/** Starts the workers of a router, replaces those that end, and joins them to one realm. */
export class Supervisor {
  /** The configuration of all workers. Later workers are compared with it. */
  held: WampactConfig | undefined;
  /** The number of workers that replaced others. */
  replaced = 0;
  readonly #parts: SupervisorParts;
  readonly #slots: readonly Slot[];
  readonly #hub: Hub | undefined;
  readonly #asked = new Map<number, Asked>(); // by request
  readonly #ends = new Map<string, string>(); // node → the reason why its process is being ended
  #lastRequest = 0;
  #state: "starting" | "running" | "ending" = "starting";
  #started:
    | { readonly resolve: (started: Started) => void; readonly reject: (error: WorkerFailed) => void }
    | undefined;
  #allEnded: () => void = () => {};

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#slots = Array.from({ length: parts.count }, (_, index) => ({
      number: index + 1,
      node: parts.nodeOf(index + 1),
      worker: undefined,
      channel: undefined,
      isReady: false,
      fault: undefined,
      startedAt: 0,
      failures: 0,
      stopTimer: undefined,
    }));
    if (parts.folder !== undefined)
      this.#hub = new Hub({ clock: SYSTEM_CLOCK, end: (...ending) => this.#kill(...ending) });
    cluster.setupPrimary({ silent: true });
  }

  /** The number of workers that accept clients now. */
  get ready(): number {
    return this.#slots.filter(({ isReady }) => isReady).length;
  }

  /** Starts the workers. Resolves when all listen. Rejects with `WorkerFailed` if one cannot. */
  start(): Promise<Started> {
    return new Promise((resolve, reject) => {
      this.#started = { resolve, reject };
      for (const slot of this.#slots) this.#fork(slot);
    });
  }

  /** Asks all running workers. The answer of one that ends or is too slow has the reason instead. */
  async askAll(question: WorkerQuestion, limitMs: number): Promise<readonly WorkerAnswer[]> {
    return Promise.all(
      this.#slots
        .filter(({ isReady }) => isReady)
        .map(async ({ number }) => {
          try {
            return { number, value: await this.#ask(number, question, limitMs) };
          } catch (error) {
            return { number, why: error instanceof Error ? error.message : String(error) };
          }
        }),
    );
  }

  /** Asks the first running worker, except one of a given name. Rejects if none answers in time. */
  async askOne(question: WorkerQuestion, limitMs: number, exceptNode?: string): Promise<unknown> {
    const slot = this.#slots.find(({ isReady, node }) => isReady && node !== exceptNode);
    if (!slot) throw new Error("no worker is running that can answer");
    return this.#ask(slot.number, question, limitMs);
  }

  /** Ends all workers: in order the first time, at once the second. Resolves when all have ended. */
  end(signal: EndingSignal): Promise<void> {
    this.#state = "ending";
    const ended = new Promise<void>((resolve) => {
      this.#allEnded = resolve;
    });
    for (const { stopTimer, channel } of this.#slots) {
      stopTimer?.();
      channel?.send({ type: "end", signal });
    }
    this.#checkEnded();
    return ended;
  }

  /** Kills the workers that still run. */
  kill(): void {
    this.#state = "ending";
    this.#hub?.close();
    for (const { worker, stopTimer } of this.#slots) {
      stopTimer?.();
      worker?.process.kill("SIGKILL");
    }
  }

  #fork(slot: Slot): void {
    const { folder, format, count } = this.#parts;
    const worker = cluster.fork({ [WORKER_VARIABLE]: String(slot.number), NOTIFY_SOCKET: "" });
    const channel = processChannel<ToWorker, FromWorker>(worker, "worker");
    Object.assign(slot, {
      worker,
      channel,
      isReady: false,
      fault: undefined,
      startedAt: Date.now(),
      stopTimer: undefined,
    });
    this.#hub?.attach(slot.node, processChannel(worker));
    for (const [from, to] of [
      [worker.process.stdout, process.stdout],
      [worker.process.stderr, process.stderr],
    ] as const)
      if (from) forwardLines(from, to);
    worker.on("error", () => {}); // a message to one that has ended; "exit" follows
    const path = folder === undefined ? undefined : join(folder, `${worker.id}`);
    channel.onMessage((message) => {
      if (slot.worker !== worker) return;
      const { number, node } = slot;
      if (message.type === "here")
        channel.send({ type: "begin", setup: { number, count, format, node, path, held: this.held } });
      else this.#received(slot, message);
    });
    worker.once("exit", (code, signal) => this.#exited(slot, worker, signal ?? `code ${code}`));
  }

  #received(slot: Slot, message: Exclude<FromWorker, { type: "here" }>): void {
    switch (message.type) {
      case "started":
        slot.isReady = true;
        if (this.#state === "starting" && this.ready === this.#slots.length) {
          this.#state = "running";
          this.#started?.resolve(message);
        } else if (this.#state === "running") this.#parts.log.info("is back", { worker: slot.number });
        return;
      case "failed":
        slot.fault = message;
        return;
      case "answer":
      case "unanswered": {
        const asked = this.#asked.get(message.request);
        this.#asked.delete(message.request);
        if (message.type === "answer") asked?.resolve(message.value);
        else asked?.reject(new Error(message.why));
        return;
      }
    }
  }

  #exited(slot: Slot, worker: Worker, how: string): void {
    if (slot.worker !== worker) return;
    const { number, node, fault } = slot;
    const pid = worker.process.pid ?? 0;
    Object.assign(slot, { worker: undefined, channel: undefined, isReady: false });
    this.#hub?.ended(node);
    for (const [request, asked] of this.#asked) {
      if (asked.number !== number) continue;
      this.#asked.delete(request);
      asked.reject(new Error(`worker ${number} has ended`));
    }
    if (this.#state === "ending") return this.#checkEnded();
    const why = this.#ends.get(node);
    this.#ends.delete(node);
    const words = fault?.words ?? `process ${pid} has ended by ${how}${why ? `: ${why}` : ""}`;
    if (this.#state === "starting") {
      this.#state = "ending";
      this.#started?.reject(
        new WorkerFailed(fault ?? { exitCode: 1, code: "E_WORKER", words: `worker ${number}: ${words}` }),
      );
      return;
    }
    this.#replace(slot, { pid, words: fault ? `cannot start: ${words}` : words });
  }

  #replace(slot: Slot, { pid, words }: { readonly pid: number; readonly words: string }): void {
    if (Date.now() - slot.startedAt > SETTLED_MS) slot.failures = 0;
    const pauseMs = slot.failures === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (slot.failures - 1), MOST_PAUSE_MS);
    slot.failures++;
    const next = pauseMs === 0 ? "another one starts" : `another one starts in ${pauseMs / 1_000} s`;
    this.#parts.log.error("E_WORKER", `${words}; ${next}`, { worker: slot.number, pid });
    slot.stopTimer = SYSTEM_CLOCK.after(pauseMs, () => {
      this.replaced++;
      this.#fork(slot);
    });
  }

  #kill(node: string, why: string): void {
    const slot = this.#slots.find((each) => each.node === node);
    this.#ends.set(node, why);
    slot?.worker?.process.kill("SIGKILL");
  }

  #ask(number: number, question: WorkerQuestion, limitMs: number): Promise<unknown> {
    const request = ++this.#lastRequest;
    return new Promise((resolve, reject) => {
      const stopTimer = SYSTEM_CLOCK.after(limitMs, () => {
        this.#asked.delete(request);
        reject(new Error(`worker ${number} has not answered within ${limitMs / 1_000} s`));
      });
      this.#asked.set(request, {
        number,
        resolve(value) {
          stopTimer();
          resolve(value);
        },
        reject(error) {
          stopTimer();
          reject(error);
        },
      });
      this.#slots[number - 1]?.channel?.send({ type: "ask", request, question });
    });
  }

  #checkEnded(): void {
    if (this.#slots.some(({ worker }) => worker !== undefined)) return;
    this.#hub?.close();
    this.#allEnded();
  }
}

/** The answer of a worker, or the reason why there is none. */
export interface WorkerAnswer {
  readonly number: number;
  readonly value?: unknown;
  readonly why?: string;
}
