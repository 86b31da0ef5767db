import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { hubCluster } from "../../../cluster/hub/hub-cluster.js";
import type { Channel } from "../../../cluster/hub/messages.js";
import { processChannel } from "../../../cluster/hub/process-channel.js";
import { planReload, portable } from "../../../config/changes.js";
import { ConfigError } from "../../../config/problems.js";
import type { RouterConfig } from "../../../router/config.js";
import { createRouter, type Router } from "../../../router/router.js";
import type { Listening } from "../../../transport/listener.js";
import { defaultMaxBytes } from "../../../transport/unsent.js";
import { clusterActions } from "../cluster-actions.js";
import { type RouterFlags, readSource, type Source } from "../configuration.js";
import { Ending } from "../ending.js";
import { createOperations, type Operations } from "../operations.js";
import { RunningRouter } from "../running.js";
import { listen, wordsOf } from "../starting.js";
import type { FromWorker, ToWorker, WorkerFault, WorkerQuestion, WorkerSetup } from "./messages.js";

/** Runs a worker until its primary ends it or exits. */
export async function runWorker(flags: RouterFlags): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {}); // the primary decides
  const channel = processChannel<FromWorker, ToWorker>(process, "worker");
  let worker: RunningWorker | undefined;
  let end: Extract<ToWorker, { type: "end" }> | undefined;
  channel.onMessage(async (message) => {
    if (message.type === "begin") {
      worker = await start(message.setup, flags, channel);
      if (end) worker?.end(end.signal);
    } else if (message.type === "ask") void answer(worker, message, channel);
    else {
      end = message;
      worker?.end(message.signal);
    }
  });
  channel.send({ type: "here" });
}

/** A worker that has started. */
interface RunningWorker {
  end(signal: Parameters<Ending["begin"]>[0]): void;
  answer(question: WorkerQuestion): Promise<unknown>;
}

type WorkerChannel = Channel<FromWorker, ToWorker>;

async function answer(
  worker: RunningWorker | undefined,
  { request, question }: Extract<ToWorker, { type: "ask" }>,
  channel: WorkerChannel,
): Promise<void> {
  try {
    if (!worker) throw new Error("it is starting");
    channel.send({ type: "answer", request, value: await worker.answer(question) });
  } catch (error) {
    channel.send({ type: "unanswered", request, why: wordsOf(error) });
  }
}

async function start(
  setup: WorkerSetup,
  flags: RouterFlags,
  channel: WorkerChannel,
): Promise<RunningWorker | undefined> {
  process.prependListener("disconnect", () => {
    // before the listener of node:cluster, which ends the process
    if (setup.path !== undefined) rmSync(dirname(setup.path), { recursive: true, force: true });
    process.exit(1); // the primary has exited
  });
  try {
    return await startRouter(setup, flags, channel);
  } catch (error) {
    const { exitCode, code, words } = faultOf(error);
    channel.send({ type: "failed", exitCode, code, words });
    setImmediate(() => setImmediate(() => process.exit(exitCode))); // once it is sent
    return undefined;
  }
}

async function startRouter(
  { number, count, format, node, path, held }: WorkerSetup,
  flags: RouterFlags,
  channel: WorkerChannel,
): Promise<RunningWorker> {
  const source = await readSource(flags, node);
  const { prepared } = source;
  const restart = held ? planReload(held, portable(prepared.comparable)).restart : [];
  if (restart.length > 0)
    throw new ConfigError(prepared.config.name, [
      { path: "", words: `settings have changed that need a restart of the router: ${restart.join(", ")}` },
    ]);
  const operations = await createOperations(source, { worker: number, format });
  const { log, metrics } = operations;
  const router = create(source, {
    ...prepared.router,
    ...operations.config,
    maxTotalUnsentBytes: Math.ceil((prepared.router.maxTotalUnsentBytes ?? defaultMaxBytes()) / count),
    ...(path !== undefined && { cluster: hubCluster({ node, path, channel: processChannel(process) }) }),
  });
  const listening: Listening[] = [];
  const read = async () => (await readSource({ ...flags, config: prepared.config.path }, node)).prepared;
  const running = new RunningRouter(prepared, { router, listening, log, read });
  const ending = new Ending(running, { log, metrics });
  await listenAndTell(source, { router, listening, log });
  const urls = listening.map(({ url }) => url);
  const peers = router.status().cluster?.peers.map((peer) => peer.node) ?? [];
  channel.send({ type: "started", urls, peers });
  return {
    end: (signal) => ending.begin(signal),
    async answer(question) {
      if (question.about === "metrics") return metrics?.text(router) ?? "";
      if (question.about === "reload") return running.reload();
      const query = new URLSearchParams(question.about === "expel" ? { node: question.node } : {});
      return clusterActions(router)[`/${question.about}`]?.(query);
    },
  };
}

function create({ prepared: { config } }: Source, settings: RouterConfig): Router {
  try {
    return createRouter(settings);
  } catch (error) {
    throw new StartFault({
      exitCode: 2,
      code: "E_STORE",
      words: [config.name, wordsOf(error)].filter(Boolean).join(": "),
    });
  }
}

async function listenAndTell(
  source: Source,
  { router, listening, log }: { router: Router; listening: Listening[] } & Pick<Operations, "log">,
): Promise<void> {
  try {
    await listen(source, router, listening);
  } catch (error) {
    throw new StartFault({ exitCode: 2, code: "E_LISTEN", words: wordsOf(error) });
  }
  try {
    await source.prepared.settings.onListening?.(router);
  } catch (error) {
    log.onError(error);
    throw new StartFault({ exitCode: 1, code: "E_WORKER", words: `onListening has failed: ${wordsOf(error)}` });
  }
}

/** The reason why a worker cannot start, as the primary prints it. */
class StartFault extends Error {
  override readonly name = "StartFault";
  readonly fault: WorkerFault;

  constructor(fault: WorkerFault) {
    super(fault.words);
    this.fault = fault;
  }
}

function faultOf(error: unknown): WorkerFault {
  if (error instanceof StartFault) return error.fault;
  const words =
    error instanceof ConfigError || !(error instanceof Error) ? wordsOf(error) : (error.stack ?? error.message);
  return { exitCode: 1, code: "E_WORKER", words };
}
