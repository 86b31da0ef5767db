import { warningsOf } from "../../config/warnings.js";
import { createRouter, type Router } from "../../router/router.js";
import type { Listening } from "../../transport/listener.js";
import { warningText } from "./check.js";
import { failWith, type RouterFlags, readSource, type Source } from "./configuration.js";
import { type Control, controlPaths, openControl } from "./control.js";
import { createNotifier, type Notifier } from "./notify.js";
import { outcomeText, type ReloadOutcome, RunningRouter } from "./running.js";
import { firstScreen } from "./screen.js";

/** `wampact router`: runs until a signal ends it. */
export async function run(flags: RouterFlags): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {}); // a terminal or pipe that is gone
  let source: Source;
  try {
    source = await readSource(flags);
  } catch (error) {
    return failWith(error, 1);
  }
  const { prepared, isDevelopment, hasFile } = source;
  const { config, settings } = prepared;
  if (!isDevelopment) for (const warning of warningsOf(prepared)) warn(warningText(config.name, warning));
  const opened = await open(source);
  if (!opened) return;
  const { router, listening } = opened;
  const read = async () => (await readSource({ ...flags, config: config.path })).prepared;
  const running = new RunningRouter(prepared, { router, listening, read });
  const notifier = createNotifier((words) => warn(`warning W_NO_NOTIFY: ${words}`));
  const ending = new Ending(running, notifier);
  ending.listen();
  try {
    await settings.onListening?.(router);
  } catch (error) {
    await router.close({ drainMs: 0 });
    return failWith(error, 1);
  }
  if (hasFile) ending.control = await control(source, running, notifier);
  else process.on("SIGHUP", () => ending.begin("SIGHUP"));
  console.log(
    firstScreen(
      source,
      listening.map(({ url }) => url),
    ),
  );
  await notifier.ready(`listening on ${listening.map(({ url }) => url).join(", ")}`);
}

function warn(words: string): void {
  console.error(words);
}

/** Makes the router and lets it listen everywhere; exits with 2 where it cannot. */
async function open({
  prepared,
  hasFile,
}: Source): Promise<{ readonly router: Router; readonly listening: readonly Listening[] } | undefined> {
  const { config, listeners } = prepared;
  let router: Router;
  try {
    router = createRouter(prepared.router);
  } catch (error) {
    console.error([config.name, error instanceof Error ? error.message : String(error)].filter(Boolean).join(": "));
    process.exitCode = 2;
    return undefined;
  }
  const listening: Listening[] = [];
  for (const [index, { listener, port }] of listeners.entries()) {
    try {
      listening.push(await router.listen(listener));
    } catch (error) {
      console.error(
        [
          error instanceof Error ? error.message : String(error),
          remedyFor(error, { place: `listeners[${index}]`, port, file: hasFile ? config.name : undefined }),
        ]
          .filter(Boolean)
          .join("\n"),
      );
      await router.close({ drainMs: 0 });
      process.exitCode = 2;
      return undefined;
    }
  }
  return { router, listening };
}

/** What to do about an address that cannot be listened on; `undefined` where the error says it. */
function remedyFor(
  error: unknown,
  { place, port, file }: { readonly place: string; readonly port: number; readonly file: string | undefined },
): string | undefined {
  const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
  const set = (name: string) =>
    file === undefined
      ? `wampact router --${name} ${name === "port" ? port + 1 : "127.0.0.1"}`
      : `${place}.${name} in ${file}`;
  if (code === "EADDRINUSE") return `for another port: ${set("port")}`;
  if (code === "EACCES")
    return `this user may not listen there, as on ports below 1024; for another port: ${set("port")}`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return `this machine has no such address; for another one: ${set("host")}`;
  return undefined;
}

/** Reads the configuration again on SIGHUP, and when it is asked at its control socket. */
async function control(
  { prepared: { config, settings } }: Source,
  running: RunningRouter,
  notifier: Notifier,
): Promise<Control | undefined> {
  const reload = async (): Promise<ReloadOutcome> => {
    await notifier.reloading();
    const outcome = await running.reload();
    console.error(outcomeText(outcome));
    await notifier.ready(outcome.ok ? "reloaded" : "the new configuration is wrong; the old one holds");
    return outcome;
  };
  process.on("SIGHUP", () => void reload());
  const paths = controlPaths(config, settings.control);
  if (settings.control === false) return undefined;
  try {
    return await openControl(paths, { "/reload": reload });
  } catch (error) {
    warn(
      `warning W_NO_CONTROL: wampact router reload will not reach this router, SIGHUP does: ${(error as Error).message}`,
    );
    return undefined;
  }
}

/** Ends a router in order upon the first signal, and at once upon the second. */
class Ending {
  readonly #running: RunningRouter;
  readonly #notifier: Notifier;
  #begun = false;
  control: Control | undefined;

  constructor(running: RunningRouter, notifier: Notifier) {
    this.#running = running;
    this.#notifier = notifier;
  }

  listen(): void {
    process.on("SIGTERM", () => this.begin("SIGTERM"));
    process.on("SIGINT", () => this.begin("SIGINT"));
  }

  begin(signal: "SIGTERM" | "SIGINT" | "SIGHUP"): void {
    if (this.#begun) process.exit(signal === "SIGINT" ? 130 : 143);
    this.#begun = true;
    void this.#end();
  }

  async #end(): Promise<void> {
    const { closeOptions, router } = this.#running;
    const seconds = (closeOptions.drainMs ?? 0) / 1_000;
    console.error(`going down: calls under way have ${seconds} s to end; a second signal ends at once`);
    await Promise.all([this.#notifier.stopping(), router.close(closeOptions), this.control?.close()]);
    process.exit(0); // what runs in this process beside the router does not keep it
  }
}
