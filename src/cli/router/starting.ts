import { startAdminOf } from "../../operations/admin/admin.js";
import type { Admin, AdminSource } from "../../operations/admin/types.js";
import type { Router } from "../../router/router.js";
import type { Listening } from "../../transport/listener.js";
import { maxOpenFiles, mostConnections } from "../../transport/open-files.js";
import type { Source } from "./configuration.js";
import { type Control, type ControlActions, controlPaths, openControl } from "./control.js";
import type { Operations } from "./operations.js";
import { type ListenPlace, remedyFor } from "./remedy.js";
import { outcomeLines, type ReloadOutcome } from "./running.js";
import { reloadWithoutControl } from "./sighup.js";

/** Below this many files a router on the internet soon has no room for a client. */
const FEW_FILES = 4_096;

/** Tells where this process may not have many connections. */
export function warnOfFewFiles(warn: Operations["warn"]): void {
  const files = maxOpenFiles();
  if (files >= FEW_FILES) return;
  const words = `this process is limited to ${files} open files and so to ${Math.max(mostConnections(files), 0)} connections`;
  warn(
    "W_LOW_FILE_LIMIT",
    `${words}; raise the limit: ulimit -n 65536, LimitNOFILE= of systemd, or ulimits of a container`,
  );
}

/** Listens for operators, where the configuration has that. Rejects, with what to do, where it cannot. */
export async function openAdmin(
  { prepared: { admin, config } }: Source,
  { source, operations: { log } }: { readonly source: AdminSource; readonly operations: Operations },
): Promise<Admin | undefined> {
  if (!admin) return undefined;
  return startAdminOf({ ...admin, onError: log.onError }, source).catch((error: unknown) => {
    throw cannotListen(error, { path: "admin", port: admin.port ?? 0, unixPath: admin.path, file: config.name });
  });
}

/** The actions of an admin listener. */
export function adminActions(reload: () => Promise<ReloadOutcome>): AdminSource["actions"] {
  return {
    async "/reload"() {
      const outcome = await reload();
      if (!outcome.ok) throw new Error(outcomeLines(outcome).join("\n"));
      return outcome;
    },
  };
}

/** Lets the router listen everywhere. Rejects, with what to do, where it cannot. */
export async function listen({ prepared, hasFile }: Source, router: Router, listening: Listening[]): Promise<void> {
  for (const [index, { listener, ...where }] of prepared.listeners.entries()) {
    try {
      listening.push(await router.listen(listener));
    } catch (error) {
      const file = hasFile ? prepared.config.name : undefined;
      if (router.status().cluster?.state === "left")
        throw new Error([file, file && "cluster", wordsOf(error)].filter(Boolean).join(": "), { cause: error });
      throw cannotListen(error, { ...where, path: `listeners[${index}]`, file });
    }
  }
}

/** Says which setting it is, and what to do. */
function cannotListen(error: unknown, place: ListenPlace): Error {
  const words = place.file === undefined ? wordsOf(error) : `${place.file}: ${place.path}: ${wordsOf(error)}`;
  return new Error([words, remedyFor(error, place)].filter(Boolean).join("\n"), { cause: error });
}

/** Takes requests to read the configuration again. */
export async function openControlSocket(
  { prepared: { config, settings } }: Source,
  { warn, log }: Operations,
  actions: ControlActions,
): Promise<Control | undefined> {
  if (settings.control === false) return undefined;
  try {
    return await openControl(controlPaths(config, settings.control), { actions, report: log.onError });
  } catch (error) {
    warn(
      "W_NO_CONTROL",
      `wampact router reload cannot reach this router; ${reloadWithoutControl()}: ${wordsOf(error)}`,
    );
    return undefined;
  }
}

/** An error for people. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
