import { type BooleanWords, type JsonSchema, READING } from "../json-schema.js";
import type { Difference } from "./difference.js";
import { list, nameOf } from "./schema-words.js";

/** Returns the differences in how a receiver converts a value before it is checked. */
export function compareReading(before: JsonSchema, after: JsonSchema, path: string): readonly Difference[] {
  const [wasCoerced, isCoerced] = [READING.coerced in before, READING.coerced in after];
  const [wasCaught, isCaught] = [READING.caught in before, READING.caught in after];
  const type = nameOf(after);
  return [
    ...toggled([wasCoerced, isCoerced], path, {
      on: `now converts its input to a ${type}`,
      off: `no longer converts its input to a ${type}`,
    }),
    ...toggled([wasCaught, isCaught], path, {
      on: "now replaces invalid values with a fixed value",
      off: "no longer replaces invalid values",
    }),
    ...compareWords(wordsOf(before), wordsOf(after), path),
  ];
}

function toggled(
  [was, is]: readonly [boolean, boolean],
  path: string,
  words: { readonly on: string; readonly off: string },
): readonly Difference[] {
  if (was === is) return [];
  return [is ? { change: "readMore", path, what: words.on } : { change: "readLess", path, what: words.off }];
}

function wordsOf(schema: JsonSchema): BooleanWords | undefined {
  return schema[READING.words] as BooleanWords | undefined;
}

function compareWords(
  before: BooleanWords | undefined,
  after: BooleanWords | undefined,
  path: string,
): readonly Difference[] {
  if (!before && !after) return [];
  if (!before) return [{ change: "tightened", path, what: `was any string, now must be one of ${list(allOf(after))}` }];
  if (!after) return [{ change: "loosened", path, what: `was one of ${list(allOf(before))}, now may be any string` }];
  const found = allOf(before).flatMap((word): readonly Difference[] => {
    if (!allOf(after).includes(word)) return [{ change: "variantRemoved", path, what: `"${word}" is gone` }];
    const [was, is] = [before.true.includes(word), after.true.includes(word)];
    return was === is ? [] : [{ change: "changed", path, what: `"${word}" was ${was} and is ${is}` }];
  });
  const added = allOf(after)
    .filter((word) => !allOf(before).includes(word))
    .map((word): Difference => ({ change: "variantAdded", path, what: `"${word}" is new` }));
  const cases = toggled([!before.caseSensitive, !after.caseSensitive], path, {
    on: "is now case-insensitive",
    off: "is now case-sensitive",
  });
  return [...found, ...added, ...cases];
}

function allOf(words: BooleanWords | undefined): readonly string[] {
  return words ? [...words.true, ...words.false] : [];
}
