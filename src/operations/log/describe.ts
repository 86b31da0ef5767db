import type { Claim, ClusterChange, RouterEvent } from "../../router/observer.js";
import type { PeerInfo } from "../../transport/transport.js";
import { printable, quoted } from "./printable.js";
import type { LogFields, LogRecord } from "./types.js";

/** The log entry for an event. Repeated entries of one `group` are counted together. */
export interface Entry extends Omit<LogRecord, "atMs"> {
  readonly group?: string;
}

type EventOf<Type extends RouterEvent["type"]> = Extract<RouterEvent, { readonly type: Type }>;

/**
 * Returns the log entry for an event; `undefined` for faults, which `onError` logs. Entries never contain headers, payloads
 * or secrets.
 */
export function describe(event: RouterEvent): Entry | undefined {
  switch (event.type) {
    case "listening":
      return { level: "info", message: `listening on ${event.url}`, fields: { event: event.type, url: event.url } };
    case "draining":
      return { level: "info", message: "shutting down: waiting for pending calls", fields: { event: event.type } };
    case "closed":
      return { level: "info", message: "closed", fields: { event: event.type } };
    case "refused":
      return refused(event);
    case "abandoned": {
      const message = `a connection ${from(event.info)} ended before it joined: ${printable(event.why)}`;
      return { level: "debug", message, fields: { event: event.type, ...placeOf(event.info), why: event.why } };
    }
    case "joined": {
      const message = `${who(event)} joined ${from(event.info)} by ${printable(event.authmethod)}`;
      const fields = { ...subjectOf(event), authmethod: event.authmethod, ...placeOf(event.info) };
      return { level: "debug", message, fields };
    }
    case "left":
      return left(event);
    case "frozen":
      return {
        level: "warn",
        code: "W_FROZEN",
        group: `W_FROZEN ${event.realm}`,
        message: `${who(event)} owes an answer but does not respond`,
        fields: subjectOf(event),
      };
    case "dropped":
      return {
        level: "warn",
        code: "W_DROPPED",
        group: `W_DROPPED ${event.realm}`,
        message: `${who(event)} did not receive an event of ${quoted(event.topic)}: ${printable(event.why)}`,
        fields: { ...subjectOf(event), topic: event.topic, reason: event.reason, why: event.why },
      };
    case "denied":
      return {
        level: "warn",
        code: "W_DENIED",
        group: `W_DENIED ${event.realm}`,
        message: `${event.request} of ${who(event)} was denied: ${printable(event.why)}`,
        fields: { ...subjectOf(event), request: event.request, reason: event.reason, why: event.why },
      };
    case "limited":
      return {
        level: "warn",
        code: "W_LIMITED",
        group: `W_LIMITED ${event.realm}`,
        message: `${event.request} of ${who(event)} exceeded the limit ${event.limit}`,
        fields: { ...subjectOf(event), request: event.request, limit: event.limit },
      };
    case "kept_apart":
      return {
        level: "warn",
        code: "W_KEPT_APART",
        group: `W_KEPT_APART ${event.realm}`,
        message: `${event.realm} stores events of ${quoted(event.topic)} and possibly other topics at this router only; other routers of the cluster do not have them: use natsStore()`,
        fields: { event: event.type, realm: event.realm, topic: event.topic },
      };
    case "cluster":
      return cluster(event);
    case "fault":
      return undefined;
  }
}

function cluster({ type, router, change }: EventOf<"cluster">): Entry {
  const { code, words } = CLUSTER_CHANGES[change];
  const message = words.replace("ROUTER", quoted(router));
  const fields = { event: type, router, change };
  return code === undefined
    ? { level: "info", message, fields }
    : { level: "warn", code, group: code, message, fields };
}

const CLUSTER_CHANGES: Readonly<Record<ClusterChange, { readonly code?: string; readonly words: string }>> = {
  joined: { words: "this router, ROUTER, has joined the cluster" },
  isolated: {
    code: "W_ISOLATED",
    words:
      "this router, ROUTER, is isolated: it cannot reach the other routers of the cluster, or they have expelled it",
  },
  arrived: { words: "the router ROUTER has joined the cluster" },
  silent: { code: "W_ROUTER_SILENT", words: "the router ROUTER shows no sign of life" },
  responding: { words: "the router ROUTER shows signs of life again" },
  departed: { words: "the router ROUTER has left the cluster" },
  expelled: {
    code: "W_ROUTER_EXPELLED",
    words: "the router ROUTER was expelled from the cluster, and its sessions are gone",
  },
};

function refused(event: EventOf<"refused">): Entry {
  const { info, reason, why, claim } = event;
  const code = reason === "files" ? "W_FILES" : "W_REFUSED";
  const what = info.kind === "admin" ? "a request to the admin listener" : "a connection";
  return {
    level: "warn",
    code,
    group: code,
    message: `${what} ${from(info)} was refused${claim ? ` (${claimText(claim)})` : ""}: ${printable(why)}`,
    fields: { event: event.type, ...placeOf(info), ...claim, reason, why },
  };
}

/** Returns text such as `"ada" at realm "com.app"`. */
function claimText({ realm, authid }: Claim): string {
  return `${authid === undefined ? "" : `${quoted(authid)} `}at realm ${quoted(realm)}`;
}

/** Returns the entry for the end of a connection, with a summary of its lifetime. */
function left(event: EventOf<"left">): Entry {
  const { reason, message: words, endedBy, cut, info, durationMs, traffic } = event;
  const { receivedMessages, receivedBytes, sentMessages, sentBytes } = traffic;
  const why = words === undefined ? printable(reason) : `${printable(reason)} (${printable(words)})`;
  const message =
    `${who(event)} ${from(info)} ended after ${duration(durationMs)} by ${ENDERS[endedBy]}: ${why}; ` +
    `received ${amount(receivedMessages, receivedBytes)}, sent ${amount(sentMessages, sentBytes)}`;
  const fields = { ...subjectOf(event), ...placeOf(info), durationMs, reason, words, endedBy, cut, ...traffic };
  if (endedBy === "violation")
    return { level: "warn", code: "W_VIOLATION", group: `W_VIOLATION ${event.realm}`, message, fields };
  if (endedBy === "cut") return { level: "warn", code: "W_CUT", group: `W_CUT ${event.realm}`, message, fields };
  return { level: "info", message, fields };
}

const ENDERS: Readonly<Record<EventOf<"left">["endedBy"], string>> = {
  client: "its client",
  router: "this router",
  transport: "the loss of its connection",
  cut: "a cut",
  violation: "a violation of the protocol",
  fault: "a fault of this router",
};

interface Subject {
  readonly type: string;
  readonly realm: string;
  readonly session: number;
  readonly authid: string;
  readonly authrole: string;
}

function subjectOf({ type, realm, session, authid, authrole }: Subject): LogFields {
  return { event: type, realm, session, authid, authrole };
}

function who({ realm, session, authid, authrole }: Subject): string {
  return `session ${session} of ${quoted(authid)} (role ${quoted(authrole)}) in ${printable(realm)}`;
}

function placeOf({ kind, remoteAddress }: PeerInfo): LogFields {
  return { transport: kind, address: remoteAddress };
}

function from({ kind, remoteAddress }: PeerInfo): string {
  if (remoteAddress !== undefined) return `from ${remoteAddress}`;
  return kind === "memory" ? "in this process" : `by ${kind}`;
}

function amount(messages: number, bytes: number): string {
  const size =
    bytes === 0
      ? ""
      : ` (${bytes < 1_000 ? `${bytes} B` : bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`})`;
  return `${messages} ${messages === 1 ? "message" : "messages"}${size}`;
}

function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1_000)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
