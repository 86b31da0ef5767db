import type { PeerInfo } from "../transport/transport.js";
import { callOptions, publishOptions, registerOptions, subscribeOptions } from "../wire/codecs.js";
import { ProtocolViolation } from "../wire/error.js";
import { type Dict, type Field, isDict } from "../wire/fields.js";
import type { Call, Message, Publish, Register, Subscribe } from "../wire/messages.js";
import { Payload } from "../wire/payload.js";
import { callback, checkSettings, type SettingRules, unknownSetting } from "../wire/settings.js";
import { checkPrincipal, type Principal } from "./auth/authenticator.js";
import type { Party } from "./authorizer.js";
import { unexpected } from "./given.js";

/** A client that has proven who it is, and is about to join. */
export interface Joining extends Principal {
  readonly authmethod: string;
  readonly info: PeerInfo;
}

/** A subscription or registration that a session asks for. */
export interface PolicyRequest {
  readonly who: Party;
  /** The topic or procedure, or the pattern of such. */
  readonly uri: string;
  /** With the keys of the wire. */
  readonly options: Dict;
}

/** The values of a payload. */
export interface PayloadValues {
  readonly args: readonly unknown[];
  readonly kwargs: Dict;
}

/** A publication or call that a session asks for. */
export interface PolicyMessage extends PolicyRequest {
  /** Decodes the payload, which costs time where nobody else reads it. */
  payload(): PayloadValues;
}

/** A result on its way from a callee to a caller. */
export interface PolicyResult {
  readonly caller: Party;
  readonly callee: Party;
  /** The procedure that was called. */
  readonly uri: string;
  /** Whether more results follow. */
  readonly progress: boolean;
  payload(): PayloadValues;
}

/** What is to be carried out instead; what is left out stays as it was. With `args` or `kwargs` the whole payload is replaced. */
export interface Rewritten {
  readonly uri?: string;
  /** They replace all options but those that say what the client waits for: `acknowledge`, `progress` and `receive_progress`. */
  readonly options?: Dict;
  readonly args?: readonly unknown[];
  readonly kwargs?: Dict;
}

/**
 * A policy of the application, in code. Each hook sees what a session is about to do, once its role and its authorizer allow that. It returns
 * nothing to let it pass, or what is to be carried out instead; what it throws refuses it: a `WampError` as it is, anything else as a fault, and
 * so does an object with a member that no hook has. All hooks are synchronous.
 */
export interface Policy {
  /** A refused client gets ABORT. */
  join?(joining: Joining): Partial<Principal> | undefined | void;
  /** Asked before SUBSCRIBE. A refused request gets ERROR. */
  subscribe?(request: PolicyRequest): Pick<Rewritten, "uri" | "options"> | undefined | void;
  /** Asked before REGISTER. A refused request gets ERROR. */
  register?(request: PolicyRequest): Pick<Rewritten, "uri" | "options"> | undefined | void;
  /** Asked before PUBLISH. A refused request gets ERROR where it was to be acknowledged. */
  publish?(message: PolicyMessage): Rewritten | undefined | void;
  /** Asked before CALL. A refused request gets ERROR. */
  call?(message: PolicyMessage): Rewritten | undefined | void;
  /** A refused result is an ERROR for the caller. */
  result?(result: PolicyResult): PayloadValues | Partial<PayloadValues> | undefined | void;
}

const POLICY_RULES: SettingRules<Policy> = {
  join: callback,
  subscribe: callback,
  register: callback,
  publish: callback,
  call: callback,
  result: callback,
};

export function checkPolicies(policies: readonly Policy[], path: string): void {
  for (const [index, policy] of policies.entries()) checkSettings(policy, POLICY_RULES, `${path}[${index}]`);
}

const OPTIONS: Readonly<Record<PolicedMessage["type"], Field<object>>> = {
  CALL: callOptions,
  PUBLISH: publishOptions,
  REGISTER: registerOptions,
  SUBSCRIBE: subscribeOptions,
};

type PolicedMessage = Call | Publish | Register | Subscribe;

/** What a hook may return: the members that change something, and those that it has been shown. */
const MEMBERS = {
  join: ["authid", "authrole", "authprovider", "authextra", "authmethod", "info"],
  subscribe: ["uri", "options", "who"],
  register: ["uri", "options", "who"],
  publish: ["uri", "options", "args", "kwargs", "who", "payload"],
  call: ["uri", "options", "args", "kwargs", "who", "payload"],
  result: ["args", "kwargs", "caller", "callee", "uri", "progress", "payload"],
} as const satisfies Record<keyof Policy, readonly string[]>;

/** Options that say what the client waits for. */
const KEPT = ["acknowledge", "progress", "receive_progress"] as const;

/** Applies the policies of a realm, each to what those before it have made. */
export class Policies {
  readonly #policies: readonly Policy[];

  constructor(policies: readonly Policy[]) {
    this.#policies = policies;
  }

  /** Whether results are seen by any. */
  get seeResults(): boolean {
    return this.#policies.some(({ result }) => result !== undefined);
  }

  join(principal: Principal, seen: Pick<Joining, "authmethod" | "info">): Principal {
    let joined = principal;
    for (const policy of this.#policies) {
      const changed = policy.join?.({ ...joined, ...seen });
      if (changed === undefined) continue;
      joined = { ...joined, ...requireChange("join", changed) };
      checkPrincipal(joined);
    }
    return joined;
  }

  /** The message that is to be carried out. */
  rewrite<M extends Message>(who: Party, message: M): M {
    return isPoliced(message) ? (this.#rewrite(who, message) as M & PolicedMessage) : message;
  }

  /** The payload that the caller is given. */
  result(result: Omit<PolicyResult, "payload">, payload: Payload): Payload {
    let given = payload;
    for (const policy of this.#policies) {
      const seen = given;
      const changed = policy.result?.({ ...result, payload: () => seen });
      if (changed !== undefined) given = payloadIn("result", requireChange("result", changed), given);
    }
    return given;
  }

  #rewrite(who: Party, message: PolicedMessage): PolicedMessage {
    let rewritten = message;
    for (const policy of this.#policies) {
      const seen = rewritten;
      const changed = askFor(policy, who, seen);
      if (changed !== undefined) rewritten = changedBy(seen, changed);
    }
    return rewritten;
  }
}

function askFor(policy: Policy, who: Party, message: PolicedMessage): Rewritten | undefined | void {
  const options = message.options as Dict;
  switch (message.type) {
    case "CALL":
      return policy.call?.({ who, uri: message.procedure, options, payload: () => message.payload });
    case "PUBLISH":
      return policy.publish?.({ who, uri: message.topic, options, payload: () => message.payload });
    case "REGISTER":
      return policy.register?.({ who, uri: message.procedure, options });
    case "SUBSCRIBE":
      return policy.subscribe?.({ who, uri: message.topic, options });
  }
}

function changedBy(message: PolicedMessage, returned: Rewritten): PolicedMessage {
  const what = message.type.toLowerCase() as Lowercase<PolicedMessage["type"]>;
  const changed = requireChange(what, returned);
  const { uri, options } = changed as Rewritten;
  if (uri !== undefined && typeof uri !== "string") throw unexpected(`policy.${what}: uri`, "a string", uri);
  const named = uri === undefined ? {} : "topic" in message ? { topic: uri } : { procedure: uri };
  const read = options === undefined ? {} : { options: readOptions(message, options) };
  const payload = "payload" in message ? { payload: payloadIn(what, changed, message.payload) } : {};
  return { ...message, ...named, ...read, ...payload } as PolicedMessage;
}

/** What a policy makes wrong is no violation of the client's. */
function readOptions({ type, options: asked }: PolicedMessage, options: Dict): object {
  try {
    const kept = Object.fromEntries(KEPT.map((name) => [name, (asked as Dict)[name]]));
    return OPTIONS[type](isDict(options) ? { ...options, ...kept } : options, `policy.${type.toLowerCase()}: options`);
  } catch (error) {
    throw error instanceof ProtocolViolation ? new TypeError(error.message) : error;
  }
}

function payloadIn(what: string, changed: Dict, payload: Payload): Payload {
  const { args, kwargs } = changed;
  if (args === undefined && kwargs === undefined) return payload;
  if (args !== undefined && !Array.isArray(args)) throw unexpected(`policy.${what}: args`, "a list", args);
  if (kwargs !== undefined && !isDict(kwargs)) throw unexpected(`policy.${what}: kwargs`, "an object", kwargs);
  return Payload.of(args ?? [], kwargs ?? {});
}

/** A misspelt member, such as `role` for `authrole`, would let pass what was to be changed. */
function requireChange(hook: keyof Policy, value: unknown): Dict {
  if (!isDict(value) || "then" in value) throw unexpected(`policy.${hook}`, "nothing or an object", value);
  const known: readonly string[] = MEMBERS[hook];
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) throw unknownSetting(`policy.${hook}`, unknown, known);
  return value;
}

function isPoliced(message: Message): message is PolicedMessage {
  return message.type in OPTIONS;
}
