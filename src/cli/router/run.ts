import type { Prepared } from "../../config/prepare.js";
import { warningsOf, warningWords } from "../../config/warnings.js";
import { unreadiness } from "../../operations/admin/answers.js";
import { createRouter, type Router } from "../../router/router.js";
import type { Listening } from "../../transport/listener.js";
import { clusterActions } from "./cluster-actions.js";
import { failWith, type RouterFlags, readSource, type Source } from "./configuration.js";
import { Ending } from "./ending.js";
import { createNotifier } from "./notify.js";
import { oneAtATime } from "./one-at-a-time.js";
import { createOperations, logPlace, type Operations } from "./operations.js";
import { logOutcome, type ReloadOutcome, RunningRouter } from "./running.js";
import { firstScreen } from "./screen.js";
import { isReloadedBySighup } from "./sighup.js";
import { adminActions, listen, openAdmin, openControlSocket, warnOfFewFiles, wordsOf } from "./starting.js";
import { isWorker } from "./workers/place.js";

/** Runs `wampact router` until a signal ends it. */
export async function run(flags: RouterFlags): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {}); // a closed terminal or pipe
  if (isWorker()) return (await import("./workers/worker.js")).runWorker(flags);
  let source: Source;
  try {
    source = await readSource(flags);
  } catch (error) {
    return failWith(error, 1);
  }
  let operations: Operations;
  try {
    operations = await createOperations(source);
  } catch (error) {
    console.error(`${logPlace(source.prepared)}: ${wordsOf(error)}`);
    process.exitCode = 1;
    return;
  }
  if ((source.prepared.settings.workers ?? 1) === 1) await start(source, flags, operations);
  else await (await import("./workers/primary.js")).runPrimary(source, flags, operations);
}

async function start(source: Source, flags: RouterFlags, operations: Operations): Promise<void> {
  const { prepared, isDevelopment, hasFile } = source;
  const { config, settings } = prepared;
  const { log, warn } = operations;
  if (!isDevelopment) for (const each of warningsOf(prepared)) warn(each.code, warningWords(config.name, each));
  warnOfFewFiles(warn);

  const router = create(prepared, operations);
  if (!router) return;
  const notifier = createNotifier((words) => warn("W_NO_NOTIFY", words));
  const listening: Listening[] = [];
  const read = async () => (await readSource({ ...flags, config: config.path })).prepared;
  const running = new RunningRouter(prepared, { router, listening, log, read });
  const ending = new Ending(running, { notifier, log, metrics: operations.metrics });
  const reload = oneAtATime(async (): Promise<ReloadOutcome> => {
    await notifier.reloading();
    const outcome = await running.reload();
    logOutcome(log, outcome);
    await notifier.ready(outcome.ok ? "reloaded" : "the new configuration is invalid; the old one stays in effect");
    return outcome;
  });
  let isReady = false;
  try {
    ending.admin = await openAdmin(source, {
      operations,
      source: {
        notReady: () => unreadiness(router.status()) ?? (isReady ? undefined : "the router is starting"),
        metrics: operations.metrics && (() => operations.metrics?.text(router) ?? ""),
        actions: adminActions(reload),
        observe(event) {
          operations.metrics?.observe(event);
          log.observer(event);
        },
      },
    });
    await listen(source, router, listening);
  } catch (error) {
    operations.fail("E_LISTEN", wordsOf(error));
    return ending.abandon(2);
  }
  const reloads = isReloadedBySighup(hasFile);
  if (reloads) process.on("SIGHUP", () => void reload());
  ending.heed(reloads ? ["SIGTERM", "SIGINT"] : ["SIGTERM", "SIGINT", "SIGHUP"]);
  try {
    await settings.onListening?.(router);
  } catch (error) {
    log.onError(error);
    return ending.abandon(1);
  }
  if (hasFile)
    ending.control = await openControlSocket(source, operations, { "/reload": reload, ...clusterActions(router) });
  isReady = true;
  const urls = listening.map(({ url }) => url);
  if (operations.isForPeople)
    console.log(firstScreen(source, { urls, admin: ending.admin?.url, peers: peersOf(router) }));
  await notifier.ready(`listening on ${urls.join(", ")}`);
}

function peersOf(router: Router): readonly string[] {
  return router.status().cluster?.peers.map(({ node }) => node) ?? [];
}

/** Creates the router. Exits with code 2 if its store cannot be opened. */
function create({ router, config }: Prepared, operations: Operations): Router | undefined {
  try {
    return createRouter({ ...router, ...operations.config });
  } catch (error) {
    operations.fail("E_STORE", [config.name, wordsOf(error)].filter(Boolean).join(": "));
    process.exitCode = 2;
    return undefined;
  }
}
