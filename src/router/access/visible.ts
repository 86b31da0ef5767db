import type { Action } from "../authorizer.js";
import { asSplit, type Pattern } from "./overlap.js";
import type { Permissions } from "./permissions.js";

/** What can be described or listed. */
export type Kind = "procedure" | "topic" | "error";

/** A session as far as it matters for what it is told. */
export interface Reader {
  readonly grants: { readonly permissions: Permissions | undefined };
}

/** What can be done with a URI of a kind. An error is known by any right on its URI: it belongs to what is called or published there. */
const ACTIONS_ON: Readonly<Record<Kind, readonly Action[]>> = {
  procedure: ["register", "call"],
  topic: ["subscribe", "publish"],
  error: ["call", "subscribe", "register", "publish"],
};

/** Whether a session may know of a procedure, a topic, an error, or a pattern of such: it may do something with a URI of it. */
export function sees({ grants: { permissions } }: Reader, kind: Kind, pattern: Pattern): boolean {
  if (!permissions) return true;
  const asked = pattern.match === "exact" ? pattern : asSplit(pattern); // once for all actions
  return ACTIONS_ON[kind].some((action) => permissions.allowsSome(action, asked));
}

/** The entries that a session may know of. */
export function visible<Entry extends Pattern>(reader: Reader, kind: Kind, entries: Iterable<Entry>): Iterable<Entry> {
  return reader.grants.permissions ? filtered(entries, (entry) => sees(reader, kind, entry)) : entries;
}

function* filtered<T>(all: Iterable<T>, passes: (each: T) => boolean): Iterable<T> {
  for (const each of all) if (passes(each)) yield each;
}

/** Who may get an event of a topic, and know of what it tells: asked for many sessions, which share permissions. */
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

/** The pattern that a described URI stands for: parameters in braces are open, and `{...rest}` is all that follows. */
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
