import type { Knowledge } from "./knowledge.js";
import { FAULT, KEPT } from "./places.js";
import type { Random } from "./random.js";

export const MATCHES = ["exact", "prefix", "wildcard"];

const BAD_URIS = [
  "",
  ".",
  "..",
  "com..fuzz",
  "com.fuzz.",
  ".com",
  "com fuzz",
  "com.#",
  "wamp",
  "wamp.x",
  "\u0001",
  "é.ü",
  "com.\ud800",
];

const URI_KINDS = { own: 50, shared: 25, kept: 4, fault: 4, bad: 6, many: 0.3, long: 0.03 };

/** A URI of a procedure or topic that may exist. */
export function uri(random: Random, known: Knowledge): string {
  switch (random.weighted(URI_KINDS)) {
    case "own":
      return `com.fuzz.own.${known.name}.${random.below(4)}`;
    case "shared":
      return `com.fuzz.shared.${random.below(12)}`;
    case "kept":
      return `${KEPT}${random.below(20)}`;
    case "fault":
      return random.pick(Object.values(FAULT));
    case "bad":
      return random.pick(BAD_URIS);
    case "many":
      return manyComponents(random);
    case "long":
      return `com.${"x".repeat(random.pick([70_000, 300_000]))}`;
  }
}

/** Far more components than anybody needs, all of them but the first the same. */
export function manyComponents(random: Random): string {
  const count = random.pick([100, 1_000, 8_000, 8_000, 20_000]);
  const component = random.pick(["", "a"]);
  return `many${random.below(3)}${`.${component}`.repeat(count)}`;
}

/** A URI, or a pattern of many. */
export function pattern(random: Random, known: Knowledge): string {
  if (random.chance(0.8)) return uri(random, known);
  return random.pick([
    "com.fuzz.",
    "com.fuzz.own.",
    `com..own.${known.name}`,
    "..",
    "com.fuzz..",
    "",
    `com.fuzz.own.${known.name}.`,
  ]);
}
