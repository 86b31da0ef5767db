import type { PeerInfo } from "../transport/transport.js";
import { unknownSetting } from "../wire/check-settings.js";
import { callOptions, publishOptions, registerOptions, subscribeOptions } from "../wire/codecs.js";
import { ProtocolViolation } from "../wire/error.js";
import { type Dict, type Field, isDict } from "../wire/fields.js";
import type { Call, Message, Publish, Register, Subscribe } from "../wire/messages.js";
import { Payload } from "../wire/payload.js";
import { callback, checkSettings, type SettingRules } from "../wire/settings.js";
import { checkPrincipal, type Principal } from "./auth/authenticator.js";
import type { Party } from "./authorizer.js";
import { unexpected } from "./given.js";

/** An authenticated client that is about to join. */
export interface Joining extends Principal {
  readonly authmethod: string;
  readonly info: PeerInfo;
}

/** A subscription or registration request. */
export interface PolicyRequest {
  readonly who: Party;
  /** The topic or procedure, or a pattern. */
  readonly uri: string;
  /** The options with wire keys. */
  readonly options: Dict;
}

/** The values of a payload. */
export interface PayloadValues {
  readonly args: readonly unknown[];
  readonly kwargs: Dict;
}

/** A publication or call request. */
export interface PolicyMessage extends PolicyRequest {
  /** Decodes the payload, which costs time if nothing else needs its values. */
  payload(): PayloadValues;
}

/** A result from a callee to a caller. */
export interface PolicyResult {
  readonly caller: Party;
  readonly callee: Party;
  /** The called procedure. */
  readonly uri: string;
  /** Whether further results follow. */
  readonly progress: boolean;
  payload(): PayloadValues;
}

/** The changes of a request. Omitted members do not change. With `args` or `kwargs`, the whole payload is replaced. */
export interface Rewritten {
  readonly uri?: string;
  /** Replaces all options except those that the client depends on: `acknowledge`, `progress` and `receive_progress`. */
  readonly options?: Dict;
  readonly args?: readonly unknown[];
  readonly kwargs?: Dict;
}

/**
 * A policy of the application. Each hook is called with a request that the role and the authorizer allow. A hook returns nothing
 * to accept the request, or its changes. It throws a `WampError` to refuse the request. Any other exception, and a result with an
 * unknown member, refuses it as an internal error. All hooks are synchronous.
 */
export interface Policy {
  /** Called when a client joins. A refused client receives ABORT. */
  join?(joining: Joining): Partial<Principal> | undefined | void;
  /** Asked before SUBSCRIBE. A refused request gets ERROR. */
  subscribe?(request: PolicyRequest): Pick<Rewritten, "uri" | "options"> | undefined | void;
  /** Asked before REGISTER. A refused request gets ERROR. */
  register?(request: PolicyRequest): Pick<Rewritten, "uri" | "options"> | undefined | void;
  /** Asked before PUBLISH. A refused request gets ERROR where it was to be acknowledged. */
  publish?(message: PolicyMessage): Rewritten | undefined | void;
  /** Asked before CALL. A refused request gets ERROR. */
  call?(message: PolicyMessage): Rewritten | undefined | void;
  /** Called for a result. The caller of a refused result receives ERROR. */
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

/** The members that a hook may return: those that change something, and those that it has received. */
const MEMBERS = {
  join: ["authid", "authrole", "authprovider", "authextra", "authmethod", "info"],
  subscribe: ["uri", "options", "who"],
  register: ["uri", "options", "who"],
  publish: ["uri", "options", "args", "kwargs", "who", "payload"],
  call: ["uri", "options", "args", "kwargs", "who", "payload"],
  result: ["args", "kwargs", "caller", "callee", "uri", "progress", "payload"],
} as const satisfies Record<keyof Policy, readonly string[]>;

/** Options that a policy cannot change because the client depends on them. */
const KEPT = ["acknowledge", "progress", "receive_progress"] as const;

/** Applies the policies of a realm in order, each to the result of those before it. */
export class Policies {
  readonly #policies: readonly Policy[];

  constructor(policies: readonly Policy[]) {
    this.#policies = policies;
  }

  /** Whether any policy has a hook for results. */
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

  /** Returns the changed message. */
  rewrite<M extends Message>(who: Party, message: M): M {
    return isPoliced(message) ? (this.#rewrite(who, message) as M & PolicedMessage) : message;
  }

  /** Returns the changed payload of a result. */
  result(result: Omit<PolicyResult, "payload">, payload: Payload): Payload {
    let given = payload;
    for (const policy of this.#policies) {
      const seen = given;
      const changed = policy.result?.({ ...result, payload: () => valuesOf(seen) });
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
      return policy.call?.({ who, uri: message.procedure, options, payload: () => valuesOf(message.payload) });
    case "PUBLISH":
      return policy.publish?.({ who, uri: message.topic, options, payload: () => valuesOf(message.payload) });
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

/** Reads changed options. An error of a policy is not a protocol violation of the client. */
function readOptions({ type, options: asked }: PolicedMessage, options: Dict): object {
  try {
    const kept = Object.fromEntries(KEPT.map((name) => [name, (asked as Dict)[name]]));
    return OPTIONS[type](isDict(options) ? { ...options, ...kept } : options, `policy.${type.toLowerCase()}: options`);
  } catch (error) {
    throw error instanceof ProtocolViolation ? new TypeError(error.message) : error;
  }
}

/** Returns the values as an object that a policy can spread. */
function valuesOf({ args, kwargs }: Payload): PayloadValues {
  return { args, kwargs };
}

function payloadIn(what: string, changed: Dict, payload: Payload): Payload {
  const { args, kwargs } = changed;
  if (args === undefined && kwargs === undefined) return payload;
  if (args !== undefined && !Array.isArray(args)) throw unexpected(`policy.${what}: args`, "a list", args);
  if (kwargs !== undefined && !isDict(kwargs)) throw unexpected(`policy.${what}: kwargs`, "an object", kwargs);
  return Payload.of(args ?? [], kwargs ?? {});
}

/** Checks the result of a hook. A misspelled member, such as `role` instead of `authrole`, must not be ignored. */
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
