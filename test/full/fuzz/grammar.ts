/** Messages that are legal in form and odd in what they ask. */
import { idOf, type Knowledge, type MessageList } from "./knowledge.js";
import { metaCall } from "./meta.js";
import type { Random } from "./random.js";
import { MATCHES, pattern, uri } from "./uris.js";
import { payloadArgs, payloadKwargs } from "./values.js";

const INVOKES = ["single", "roundrobin", "random", "first", "last"];
/** The weight of each kind of message. */
const KINDS = {
  CALL: 22,
  META: 16,
  PUBLISH: 20,
  SUBSCRIBE: 9,
  UNSUBSCRIBE: 5,
  REGISTER: 9,
  UNREGISTER: 4,
  YIELD: 14,
  ERROR: 5,
  CANCEL: 4,
  EVENT_RECEIVED: 2,
};

/** A message that is legal in form; all that it may ask for is answered, if only by ERROR. */
export function legalMessage(random: Random, known: Knowledge): MessageList {
  const kind = random.weighted(KINDS);
  switch (kind) {
    case "YIELD":
    case "ERROR":
      return known.invocations.length > 0 ? answer(random, known, kind) : call(random, known);
    case "CALL":
      return call(random, known);
    case "META":
      return metaCall(random, known);
    case "PUBLISH":
      return publish(random, known);
    case "SUBSCRIBE":
      return [32, ++known.requests, subscribeOptions(random), pattern(random, known)];
    case "UNSUBSCRIBE":
      return [34, ++known.requests, idOf(random, known.subscriptions)];
    case "REGISTER":
      return [64, ++known.requests, registerOptions(random), pattern(random, known)];
    case "UNREGISTER":
      return [66, ++known.requests, idOf(random, known.registrations)];
    case "CANCEL":
      return [
        49,
        idOf(random, known.calls),
        random.chance(0.5) ? { mode: random.pick(["skip", "kill", "killnowait"]) } : {},
      ];
    case "EVENT_RECEIVED":
      return [337, idOf(random, known.publications)];
  }
}

function call(random: Random, known: Knowledge): MessageList {
  const request = ++known.requests;
  known.calls.push(request);
  const options: Record<string, unknown> = {};
  if (random.chance(0.1)) options.timeout = random.pick([0, 1, 10, 1_000, 2 ** 31, 2 ** 53 - 1]);
  if (random.chance(0.2)) options.receive_progress = true;
  if (random.chance(0.05)) options.progress = true;
  if (random.chance(0.1)) options.disclose_me = random.chance(0.8);
  if (random.chance(0.05)) options.rkey = random.pick(["a", "b", ""]);
  if (random.chance(0.03)) options.runmode = random.pick(["partition", "all"]);
  if (random.chance(0.03)) Object.assign(options, { ppt_scheme: "x_fuzz", ppt_serializer: "native" });
  return [48, request, options, uri(random, known), payloadArgs(random), payloadKwargs(random)];
}

function publish(random: Random, known: Knowledge): MessageList {
  const options: Record<string, unknown> = {};
  const lists = (values: readonly unknown[]) => Array.from({ length: random.below(4) }, () => random.pick(values));
  if (random.chance(0.4)) options.acknowledge = true;
  if (random.chance(0.3)) options.exclude_me = false;
  if (random.chance(0.1)) options.disclose_me = true;
  if (random.chance(0.15)) options.retain = true;
  if (random.chance(0.1)) options.exclude = lists([1, 2, ...known.sessions.slice(-20)]);
  if (random.chance(0.1)) options.eligible = lists([1, 2, ...known.sessions.slice(-20)]);
  if (random.chance(0.05)) options.exclude_authid = lists(["", "a", "anonymous"]);
  if (random.chance(0.05)) options.eligible_authrole = lists(["", "anonymous", "admin"]);
  if (random.chance(0.05)) options.rkey = random.pick(["a", "b", ""]);
  if (random.chance(0.03)) options.ppt_scheme = "x_fuzz";
  return [16, ++known.requests, options, uri(random, known), payloadArgs(random), payloadKwargs(random)];
}

function subscribeOptions(random: Random): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  if (random.chance(0.5)) options.match = random.pick(MATCHES);
  if (random.chance(0.2)) options.get_retained = true;
  if (random.chance(0.1)) options.nkey = random.pick(["a", "b", ""]);
  if (random.chance(0.02)) options.match = payloadText(random);
  return options;
}

function registerOptions(random: Random): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  if (random.chance(0.4)) options.match = random.pick(MATCHES);
  if (random.chance(0.5)) options.invoke = random.pick(INVOKES);
  if (random.chance(0.1)) options.disclose_caller = true;
  if (random.chance(0.1)) options.forward_timeout = true;
  if (random.chance(0.02)) options.invoke = payloadText(random);
  return options;
}

function payloadText(random: Random): string {
  return random.pick(["", "exakt", "__proto__", "x".repeat(500)]);
}

/** Answers an invocation, sometimes with progress before the end, which keeps it open. */
export function answer(random: Random, known: Knowledge, kind: "YIELD" | "ERROR"): MessageList {
  const at = random.below(known.invocations.length);
  const invocation = known.invocations[at];
  const progress = kind === "YIELD" && random.chance(0.2);
  if (!progress) known.invocations.splice(at, 1);
  if (kind === "ERROR") return [8, 68, invocation, {}, uri(random, known), payloadArgs(random), payloadKwargs(random)];
  return [70, invocation, progress ? { progress: true } : {}, payloadArgs(random), payloadKwargs(random)];
}
