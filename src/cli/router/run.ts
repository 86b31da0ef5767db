import type { Prepared } from "../../config/prepare.js";
import { warningsOf, warningWords } from "../../config/warnings.js";
import { startAdmin } from "../../operations/admin/admin.js";
import type { Admin } from "../../operations/admin/types.js";
import { createRouter, type Router } from "../../router/router.js";
import type { Listening } from "../../transport/listener.js";
import { maxOpenFiles, mostConnections } from "../../transport/open-files.js";
import { clusterActions } from "./cluster-actions.js";
import { failWith, type RouterFlags, readSource, type Source } from "./configuration.js";
import { type Control, type ControlActions, controlPaths, openControl } from "./control.js";
import { Ending } from "./ending.js";
import { createNotifier } from "./notify.js";
import { oneAtATime } from "./one-at-a-time.js";
import { createOperations, logPlace, type Operations } from "./operations.js";
import { type ListenPlace, remedyFor } from "./remedy.js";
import { logOutcome, outcomeLines, type ReloadOutcome, RunningRouter } from "./running.js";
import { firstScreen } from "./screen.js";

/** Runs `wampact router` until a signal ends it. */
export async function run(flags: RouterFlags): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {}); // a closed terminal or pipe
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
  await start(source, flags, operations);
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
    ending.admin = await openAdmin(prepared, { router, operations, isReady: () => isReady, reload });
    await listen(source, router, listening);
  } catch (error) {
    operations.fail("E_LISTEN", wordsOf(error));
    return ending.abandon(2);
  }
  if (hasFile) process.on("SIGHUP", () => void reload());
  ending.heed(hasFile ? ["SIGTERM", "SIGINT"] : ["SIGTERM", "SIGINT", "SIGHUP"]);
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

/** Below this number of open files, a warning is issued. */
const FEW_FILES = 4_096;

function warnOfFewFiles(warn: Operations["warn"]): void {
  const files = maxOpenFiles();
  if (files >= FEW_FILES) return;
  const words = `this process is limited to ${files} open files and so to ${Math.max(mostConnections(files), 0)} connections`;
  warn(
    "W_LOW_FILE_LIMIT",
    `${words}; raise the limit: ulimit -n 65536, LimitNOFILE= of systemd, or ulimits of a container`,
  );
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

async function openAdmin(
  { admin, config }: Prepared,
  {
    router,
    operations: { metrics, log },
    isReady,
    reload,
  }: {
    readonly router: Router;
    readonly operations: Operations;
    readonly isReady: () => boolean;
    readonly reload: () => Promise<ReloadOutcome>;
  },
): Promise<Admin | undefined> {
  if (!admin) return undefined;
  return startAdmin({
    ...admin,
    router,
    ...(metrics && { metrics }),
    observer: log.observer,
    notReady: () => (isReady() ? undefined : "the router is starting"),
    actions: {
      async "/reload"() {
        const outcome = await reload();
        if (!outcome.ok) throw new Error(outcomeLines(outcome).join("\n"));
        return outcome;
      },
    },
    onError: log.onError,
  }).catch((error: unknown) => {
    throw cannotListen(error, { path: "admin", port: admin.port ?? 0, unixPath: admin.path, file: config.name });
  });
}

/** Starts all listeners. Rejects with a message that says what to do if one fails. */
async function listen({ prepared, hasFile }: Source, router: Router, listening: Listening[]): Promise<void> {
  for (const [index, { listener, ...where }] of prepared.listeners.entries()) {
    try {
      listening.push(await router.listen(listener));
    } catch (error) {
      throw cannotListen(error, {
        ...where,
        path: `listeners[${index}]`,
        file: hasFile ? prepared.config.name : undefined,
      });
    }
  }
}

/** Returns an error that names the setting and says what to do. */
function cannotListen(error: unknown, place: ListenPlace): Error {
  const words = place.file === undefined ? wordsOf(error) : `${place.file}: ${place.path}: ${wordsOf(error)}`;
  return new Error([words, remedyFor(error, place)].filter(Boolean).join("\n"), { cause: error });
}

/** Opens the control socket for reload requests. */
async function openControlSocket(
  { prepared: { config, settings } }: Source,
  { warn }: Operations,
  actions: ControlActions,
): Promise<Control | undefined> {
  if (settings.control === false) return undefined;
  try {
    return await openControl(controlPaths(config, settings.control), actions);
  } catch (error) {
    warn("W_NO_CONTROL", `wampact router reload cannot reach this router; use SIGHUP instead: ${wordsOf(error)}`);
    return undefined;
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
