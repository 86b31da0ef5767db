/** Malformed messages and bytes. */
import { legalMessage } from "./grammar.js";
import { CLIENT_ROLES, type Knowledge, type MessageList } from "./knowledge.js";
import type { Random } from "./random.js";
import { wrongValue } from "./values.js";

/** The ways to make a message malformed, with their weights. */
const CHANGES = { replace: 40, options: 30, remove: 10, twice: 10, swap: 5, append: 5 };

/** A message with something wrong in it. */
export function spoiltMessage(random: Random, known: Knowledge): MessageList {
  if (random.chance(0.15)) return misplacedMessage(random, known);
  const list = legalMessage(random, known);
  for (let change = random.below(3); change >= 0; change--) {
    const at = random.below(list.length);
    const options = list[2];
    switch (random.weighted(CHANGES)) {
      case "replace":
        list[at] = wrongValue(random);
        break;
      case "options":
        if (isDict(options)) list[2] = spoiltOptions(random, options);
        break;
      case "remove":
        list.splice(at, 1);
        break;
      case "twice":
        list.splice(at, 0, list[at]);
        break;
      case "swap":
        [list[at], list[0]] = [list[0], list[at]];
        break;
      case "append":
        list.push(wrongValue(random), {}, []);
    }
  }
  return list;
}

/** A message that does not belong here: the router's, the handshake's, an answer to nothing. */
function misplacedMessage(random: Random, known: Knowledge): MessageList {
  return random.pick<MessageList>([
    [1, known.realm, { roles: CLIENT_ROLES }],
    [2, 1, {}],
    [3, {}, "com.fuzz.abort"],
    [4, "ticket", {}],
    [5, "signature", {}],
    [6, {}, "wamp.close.close_realm"],
    [8, 48, 1, {}, "com.fuzz.error"],
    [8, 68, random.between(1, 100), {}, "com.fuzz.error"],
    [17, 1, 1],
    [36, 1, 1, {}],
    [50, 1, {}],
    [68, 1, 1, {}],
    [69, 1, {}],
    [70, random.between(1, 2 ** 50), {}],
    [999],
    [],
  ]);
}

const OPTION_KEYS = [
  "acknowledge",
  "exclude_me",
  "disclose_me",
  "retain",
  "exclude",
  "eligible",
  "exclude_authid",
  "eligible_authrole",
  "rkey",
  "nkey",
  "match",
  "invoke",
  "get_retained",
  "timeout",
  "receive_progress",
  "progress",
  "runmode",
  "mode",
  "forward_timeout",
  "ppt_scheme",
  "ppt_cipher",
  "__proto__",
  "x_unknown",
];

/** Options with one that is wrong; "__proto__" is a key like any other here. */
function spoiltOptions(random: Random, options: Record<string, unknown>): Record<string, unknown> {
  const spoilt = { ...options, [random.pick(OPTION_KEYS)]: wrongValue(random) };
  return random.chance(0.02) ? { ...MANY_OPTIONS, ...spoilt } : spoilt;
}

const MANY_OPTIONS = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`x_${index}`, index]));

function isDict(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Bytes with some of them changed, cut off, taken out or put in. */
export function spoiltBytes(random: Random, bytes: Buffer): Buffer {
  let spoilt = Buffer.from(bytes);
  for (let change = random.below(3); change >= 0 && spoilt.length > 0; change--) {
    const at = random.below(spoilt.length);
    switch (random.below(4)) {
      case 0:
        spoilt = spoilt.subarray(0, at);
        break;
      case 1:
        spoilt = Buffer.concat([spoilt.subarray(0, at), spoilt.subarray(at + random.between(1, 4))]);
        break;
      case 2:
        spoilt = Buffer.concat([spoilt.subarray(0, at), random.bytes(random.between(1, 4)), spoilt.subarray(at)]);
        break;
      default:
        spoilt[at] = random.below(256);
    }
  }
  return spoilt;
}
