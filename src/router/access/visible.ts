import type { Action } from "../authorizer.js";
import { asSplit, type Pattern } from "./overlap.js";
import type { Permissions } from "./permissions.js";

/** The kinds of things that can be described or listed. */
export type Kind = "procedure" | "topic" | "error";

/** The part of a session that determines what it may see. */
export interface Reader {
  readonly grants: { readonly permissions: Permissions | undefined };
}

/** The actions per kind. An error is visible through any action on its URI, since it belongs to the procedure or topic there. */
const ACTIONS_ON: Readonly<Record<Kind, readonly Action[]>> = {
  procedure: ["register", "call"],
  topic: ["subscribe", "publish"],
  error: ["call", "subscribe", "register", "publish"],
};

/** Returns whether a session may know about a procedure, topic, error or pattern: it may perform an action on one of its URIs. */
export function sees({ grants: { permissions } }: Reader, kind: Kind, pattern: Pattern): boolean {
  if (!permissions) return true;
  const asked = pattern.match === "exact" ? pattern : asSplit(pattern); // split once for all actions
  return ACTIONS_ON[kind].some((action) => permissions.allowsSome(action, asked));
}

/** Returns the entries that a session may know about. */
export function visible<Entry extends Pattern>(reader: Reader, kind: Kind, entries: Iterable<Entry>): Iterable<Entry> {
  return reader.grants.permissions ? filtered(entries, (entry) => sees(reader, kind, entry)) : entries;
}

function* filtered<T>(all: Iterable<T>, passes: (each: T) => boolean): Iterable<T> {
  for (const each of all) if (passes(each)) yield each;
}

/** Decides which sessions may receive an event and know about its subject. Caches by permissions, which sessions share. */
export class TopicReaders {
  readonly #topic: string;
  readonly #about: (Pattern & { readonly kind: Kind }) | undefined;
  #asked: Permissions | undefined;
  #may = true;

  constructor(topic: string, about: (Pattern & { readonly kind: Kind }) | undefined) {
    this.#topic = topic;
    this.#about = about;
  }

  include(reader: Reader): boolean {
    const { permissions } = reader.grants;
    if (permissions === undefined) return true;
    if (permissions !== this.#asked) {
      this.#asked = permissions;
      this.#may = permissions.allows("subscribe", this.#topic) && this.#mayKnow(reader);
    }
    return this.#may;
  }

  #mayKnow(reader: Reader): boolean {
    return this.#about === undefined || sees(reader, this.#about.kind, this.#about);
  }
}

/** Returns the pattern of a described URI. Parameters in braces are open, and `{...rest}` matches everything that follows. */
export function patternOfTemplate(uri: string): Pattern {
  const rest = uri.indexOf("{...");
  if (rest !== -1) {
    const fixed = uri.slice(0, rest);
    const parameter = fixed.indexOf("{");
    return { uri: parameter === -1 ? fixed : fixed.slice(0, parameter), match: "prefix" };
  }
  const open = uri
    .split(".")
    .map((component) => (component.startsWith("{") && component.endsWith("}") ? "" : component))
    .join(".");
  return { uri: open, match: open === uri && !open.split(".").includes("") ? "exact" : "wildcard" };
}
