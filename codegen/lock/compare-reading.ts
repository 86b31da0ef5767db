import { type BooleanWords, type JsonSchema, READING } from "../json-schema.js";
import type { Difference } from "./difference.js";
import { list, nameOf } from "./schema-words.js";

/** Differences in what a receiver makes of a value before it is checked. */
export function compareReading(before: JsonSchema, after: JsonSchema, path: string): readonly Difference[] {
  const [wasCoerced, isCoerced] = [READING.coerced in before, READING.coerced in after];
  const [wasCaught, isCaught] = [READING.caught in before, READING.caught in after];
  const type = nameOf(after);
  return [
    ...toggled([wasCoerced, isCoerced], path, {
      on: `takes what can be made a ${type} now`,
      off: `takes nothing but a ${type} now`,
    }),
    ...toggled([wasCaught, isCaught], path, {
      on: "has a value for what does not fit now",
      off: "has no value for what does not fit any more",
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
  if (!before) return [{ change: "tightened", path, what: `was any string, must be one of ${list(allOf(after))}` }];
  if (!after) return [{ change: "loosened", path, what: `was one of ${list(allOf(before))}, may be any string` }];
  const found = allOf(before).flatMap((word): readonly Difference[] => {
    if (!allOf(after).includes(word)) return [{ change: "variantRemoved", path, what: `"${word}" is gone` }];
    const [was, is] = [before.true.includes(word), after.true.includes(word)];
    return was === is ? [] : [{ change: "changed", path, what: `"${word}" meant ${was} and means ${is}` }];
  });
  const added = allOf(after)
    .filter((word) => !allOf(before).includes(word))
    .map((word): Difference => ({ change: "variantAdded", path, what: `"${word}" is new` }));
  const cases = toggled([!before.caseSensitive, !after.caseSensitive], path, {
    on: "takes capital and small letters alike now",
    off: "tells capital letters from small ones now",
  });
  return [...found, ...added, ...cases];
}

function allOf(words: BooleanWords | undefined): readonly string[] {
  return words ? [...words.true, ...words.false] : [];
}
