import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planReload, portable } from "../../../config/changes.js";
import { warningsOf, warningWords } from "../../../config/warnings.js";
import type { Admin } from "../../../operations/admin/types.js";
import { Exposition } from "../../../operations/metrics/exposition.js";
import { type LabelledText, mergedMetrics } from "../../../operations/metrics/merged.js";
import { ProcessMetrics } from "../../../operations/metrics/process-metrics.js";
import { timerMs } from "../../../transport/timer.js";
import { clearStaleSocket, unixPathFault } from "../../../transport/unix-path.js";
import { type RouterFlags, readSource, type Source } from "../configuration.js";
import type { Control, ControlActions } from "../control.js";
import { cutCode, drainWords, type EndingSignal } from "../ending.js";
import { createNotifier, type Notifier } from "../notify.js";
import { oneAtATime } from "../one-at-a-time.js";
import { formatOf, type Operations } from "../operations.js";
import { logOutcome, type ReloadOutcome } from "../running.js";
import { firstScreen } from "../screen.js";
import { adminActions, openAdmin, openControlSocket, warnOfFewFiles, wordsOf } from "../starting.js";
import { Supervisor, WorkerFailed } from "./supervisor.js";

/** The time that a worker has to return its metrics, in milliseconds. */
const METRICS_MS = 5_000;
/** The time that it has for other answers, in milliseconds. */
const ANSWER_MS = 30_000;
/** The time that workers have to end after the time for calls, in milliseconds. */
const BEYOND_DRAIN_MS = 15_000;
/** The time that they have to end at once, in milliseconds. */
const CUT_MS = 1_000;

/** Runs `wampact router` with several workers until a signal ends it. */
export async function runPrimary(source: Source, flags: RouterFlags, operations: Operations): Promise<void> {
  const { prepared, isDevelopment, hasFile } = source;
  const { log, warn } = operations;
  const { config, settings } = prepared;
  if (!isDevelopment) for (const each of warningsOf(prepared)) warn(each.code, warningWords(config.name, each));
  warnOfFewFiles(warn);
  const notifier = createNotifier((words) => warn("W_NO_NOTIFY", words));
  let primary: Primary;
  try {
    primary = await Primary.create(source, { flags, operations, notifier });
  } catch (error) {
    operations.fail("E_LISTEN", wordsOf(error));
    process.exitCode = 2;
    return;
  }
  try {
    primary.admin = await openAdmin(source, { operations, source: primary.adminSource });
    const { urls, peers } = await primary.start();
    if (hasFile) process.on("SIGHUP", () => void primary.reload());
    primary.heed(hasFile ? ["SIGTERM", "SIGINT"] : ["SIGTERM", "SIGINT", "SIGHUP"]);
    if (hasFile) primary.control = await openControlSocket(source, operations, primary.controlActions);
    const workers = settings.workers ?? 1;
    if (operations.isForPeople) console.log(firstScreen(source, { urls, admin: primary.admin?.url, peers }));
    else log.info(`listening on ${urls.join(", ")} with ${workers} workers`, { workers });
    await notifier.ready(`listening on ${urls.join(", ")} with ${workers} workers`);
  } catch (error) {
    const { code, words, exitCode } =
      error instanceof WorkerFailed ? error.fault : { code: "E_LISTEN", words: wordsOf(error), exitCode: 2 };
    operations.fail(code, words);
    await log.close();
    process.exit(exitCode); // which ends the workers
  }
}

interface PrimaryParts {
  readonly flags: RouterFlags;
  readonly operations: Operations;
  readonly notifier: Notifier;
}

/** The process that starts the workers and answers the admin listener for all of them. The workers accept the clients. */
class Primary {
  readonly reload: () => Promise<ReloadOutcome>;
  readonly #source: Source;
  readonly #parts: PrimaryParts;
  readonly #supervisor: Supervisor;
  readonly #process: ProcessMetrics | undefined;
  #refused = 0; // requests to the admin listener
  #isStarted = false;
  #isEnding = false;
  admin: Admin | undefined;
  control: Control | undefined;

  /** Creates a primary. Rejects if there is no folder for sockets. */
  static async create(source: Source, parts: PrimaryParts): Promise<Primary> {
    for (const { unixPath } of source.prepared.listeners) {
      const refusal = unixPath === undefined ? undefined : await clearStaleSocket(unixPath);
      if (refusal) throw new Error(`cannot listen on ${unixPath}: ${refusal}`);
    }
    return new Primary(source, parts);
  }

  private constructor(source: Source, parts: PrimaryParts) {
    this.#source = source;
    this.#parts = parts;
    const { prepared } = source;
    const { workers = 1, metrics: { process: measured = true } = {} } = prepared.settings;
    const name = prepared.node ?? "worker";
    const folder = prepared.settings.cluster ? undefined : folderForSockets();
    this.#supervisor = new Supervisor({
      count: workers,
      log: parts.operations.log,
      format: formatOf(source),
      nodeOf: (number) => `${name}-${number}`,
      folder,
    });
    process.once("exit", () => {
      this.#supervisor.kill();
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    });
    if (prepared.admin && measured) this.#process = new ProcessMetrics();
    this.reload = oneAtATime(() => this.#reload());
  }

  get adminSource() {
    const { operations } = this.#parts;
    return {
      notReady: () => this.#notReady(),
      metrics: operations.metrics && (() => this.#metrics()),
      actions: adminActions(() => this.reload()),
      observe: (event: Parameters<typeof operations.log.observer>[0]) => {
        this.#refused++;
        operations.log.observer(event);
      },
    };
  }

  get controlActions(): ControlActions {
    return {
      "/reload": () => this.reload(),
      "/cluster": () => this.#supervisor.askOne({ about: "cluster" }, ANSWER_MS),
      "/expel": async (query) => {
        const node = query.get("node") ?? "";
        return this.#supervisor.askOne({ about: "expel", node }, ANSWER_MS, node);
      },
    };
  }

  async start(): ReturnType<Supervisor["start"]> {
    const started = await this.#supervisor.start();
    this.#supervisor.held = portable(this.#source.prepared.comparable);
    this.#isStarted = true;
    return started;
  }

  /** From now on, these signals end it. */
  heed(signals: readonly EndingSignal[]): void {
    for (const signal of signals)
      process.on(signal, () => {
        if (this.#isEnding) void this.#cut(signal);
        else void this.#end(signal);
      });
  }

  #notReady(): string | undefined {
    if (this.#isEnding) return "draining";
    if (!this.#isStarted) return "the router is starting";
    return this.#supervisor.ready === 0 ? "no worker is running" : undefined;
  }

  async #metrics(): Promise<string> {
    const answers = await this.#supervisor.askAll({ about: "metrics" }, METRICS_MS);
    const texts: LabelledText[] = answers
      .filter(({ value }) => typeof value === "string")
      .map(({ number, value }) => ({ label: String(number), text: String(value) }));
    const out = new Exposition();
    const { ready, replaced } = this.#supervisor;
    out.single({ name: "wampact_workers", type: "gauge", help: "Workers that take clients." }, ready);
    out.single(
      { name: "wampact_workers_replaced_total", type: "counter", help: "Workers started in the place of others." },
      replaced,
    );
    out.single(
      { name: "wampact_admin_refused_total", type: "counter", help: "Requests that the admin listener has refused." },
      this.#refused,
    );
    const own = new Exposition();
    this.#process?.write(own);
    return out.text + mergedMetrics("worker", [...texts, { label: "primary", text: own.text }]);
  }

  async #reload(): Promise<ReloadOutcome> {
    const { notifier, operations, flags } = this.#parts;
    await notifier.reloading();
    const outcome = await this.#reloadAll(flags);
    logOutcome(operations.log, outcome);
    await notifier.ready(outcome.ok ? "reloaded" : "the new configuration is wrong; the old one holds");
    return outcome;
  }

  async #reloadAll(flags: RouterFlags): Promise<ReloadOutcome> {
    try {
      const { prepared } = await readSource({ ...flags, config: this.#source.prepared.config.path });
      const outcome = combined(await this.#supervisor.askAll({ about: "reload" }, ANSWER_MS));
      if (!outcome.ok) return outcome;
      const { next } = planReload(this.#supervisor.held ?? {}, portable(prepared.comparable));
      this.#supervisor.held = next;
      this.#parts.operations.log.level = next.logs?.level ?? "info";
      return outcome;
    } catch (error) {
      return { ok: false, why: wordsOf(error) };
    }
  }

  async #end(signal: EndingSignal): Promise<void> {
    this.#isEnding = true;
    const { operations, notifier } = this.#parts;
    const { drainMs } = this.#supervisor.held ?? this.#source.prepared.settings;
    operations.log.info(drainWords(drainMs));
    const late = setTimeout(() => this.#supervisor.kill(), timerMs((drainMs ?? 0) + BEYOND_DRAIN_MS));
    await Promise.all([notifier.stopping(), this.#supervisor.end(signal), this.control?.close()]);
    clearTimeout(late);
    await this.admin?.close();
    await operations.log.close();
    process.exit(0);
  }

  async #cut(signal: EndingSignal): Promise<void> {
    setTimeout(() => process.exit(cutCode(signal)), CUT_MS); // which ends those that still run
    await this.#supervisor.end(signal);
    void this.#parts.operations.log.close();
    process.exit(cutCode(signal));
  }
}

/** Creates a folder that only this user may enter. Throws with a reason if sockets cannot be used there. */
function folderForSockets(): string {
  const folder = mkdtempSync(join(tmpdir(), "wampact-"));
  const fault = unixPathFault(join(folder, "1000000"));
  if (!fault) return folder;
  rmSync(folder, { recursive: true });
  throw new Error(`cannot create the sockets between workers: in ${folder} ${fault}; set TMPDIR to a shorter path`);
}

/** Combines the results of a reload of all workers. A worker that did not answer receives the configuration when it is replaced. */
function combined(answers: Awaited<ReturnType<Supervisor["askAll"]>>): ReloadOutcome {
  const outcomes = new Map<string, { readonly outcome: ReloadOutcome; readonly workers: number[] }>();
  for (const { number, value, why } of answers) {
    const outcome = (value ?? { ok: false, why }) as ReloadOutcome;
    const key = JSON.stringify(outcome);
    const same = outcomes.get(key) ?? { outcome, workers: [] };
    same.workers.push(number);
    outcomes.set(key, same);
  }
  const [first, ...others] = [...outcomes.values()];
  if (!first) return { ok: false, why: "no worker is running" };
  if (others.length === 0) return first.outcome;
  const lines = [first, ...others].map(
    ({ outcome, workers }) => `workers ${workers.join(", ")}: ${outcome.ok ? "done" : outcome.why}`,
  );
  return { ok: false, why: lines.join("\n") };
}
