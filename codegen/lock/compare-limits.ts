import { isDeepStrictEqual } from "node:util";
import { type JsonSchema, READING } from "../json-schema.js";
import type { Difference } from "./difference.js";
import { typeOf } from "./schema-words.js";

const LEAST = ["minimum", "minLength", "minItems", "minProperties"];
const MOST = ["maximum", "maxLength", "maxItems", "maxProperties"];

/** The keywords that are compared here. */
export const LIMITS: readonly string[] = [
  ...LEAST,
  ...MOST,
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "pattern",
  "format",
];

/** Returns the differences of bounds, lengths, steps, formats and patterns. */
export function compareLimits(before: JsonSchema, after: JsonSchema, path: string): readonly Difference[] {
  const isTuple = before.prefixItems !== undefined || after.prefixItems !== undefined; // the items already determine its length
  const bounds = [
    ...LEAST.map((keyword) => ({ keyword, sign: 1 })),
    ...MOST.map((keyword) => ({ keyword, sign: -1 })),
  ].filter(({ keyword }) => !(isTuple && keyword.endsWith("Items")));
  return [
    ...bounds.flatMap(({ keyword, sign }) => {
      const [old, now] = [boundOf(before, keyword), boundOf(after, keyword)];
      return compareBounds(old, now, { keyword, sign, path });
    }),
    ...compareSteps(before, after, path),
    ...compareTexts(before, after, path),
  ];
}

/** A limit. An exclusive one is slightly tighter. Zod's default bounds for integers do not count. */
interface Bound {
  readonly value: number;
  readonly exclusive: boolean;
}

function boundOf(schema: JsonSchema, keyword: string): Bound | undefined {
  const exclusive = schema[`exclusive${keyword.charAt(0).toUpperCase()}${keyword.slice(1)}`];
  const value = typeof exclusive === "number" ? exclusive : schema[keyword];
  if (typeof value !== "number" || Math.abs(value) >= Number.MAX_SAFE_INTEGER) return undefined;
  const bound = { value, exclusive: typeof exclusive === "number" };
  return typeOf(schema) === "integer" ? integerBound(bound, keyword) : bound;
}

/** Returns the last integer that a bound allows: above 4 means from 5. */
function integerBound({ value, exclusive }: Bound, keyword: string): Bound {
  const isLeast = LEAST.includes(keyword);
  const inside = isLeast ? Math.ceil(value) : Math.floor(value);
  return { value: exclusive && inside === value ? inside + (isLeast ? 1 : -1) : inside, exclusive: false };
}

function compareBounds(
  before: Bound | undefined,
  after: Bound | undefined,
  { keyword, sign, path }: { readonly keyword: string; readonly sign: number; readonly path: string },
): readonly Difference[] {
  if (isDeepStrictEqual(before, after)) return [];
  const depth = (bound: Bound | undefined): number => (bound ? sign * bound.value : Number.NEGATIVE_INFINITY);
  const moved = depth(after) - depth(before);
  const isTighter = moved > 0 || (moved === 0 && after?.exclusive === true);
  const words = (bound: Bound | undefined): string =>
    bound ? `${bound.value}${bound.exclusive ? " (exclusive)" : ""}` : "none";
  return [
    {
      change: isTighter ? "tightened" : "loosened",
      path,
      what: `${keyword} was ${words(before)} and is ${words(after)}`,
    },
  ];
}

function compareSteps(before: JsonSchema, after: JsonSchema, path: string): readonly Difference[] {
  const [old, now] = [stepOf(before), stepOf(after)];
  if (old === now) return [];
  const what = `multipleOf was ${old ?? "none"} and is ${now ?? "none"}`;
  if (old === undefined || (now !== undefined && now % old === 0)) return [{ change: "tightened", path, what }];
  if (now === undefined || old % now === 0) return [{ change: "loosened", path, what }];
  return [{ change: "changed", path, what }];
}

/** Returns the step of a schema. Every integer is a multiple of 1. */
function stepOf(schema: JsonSchema): number | undefined {
  const { multipleOf } = schema;
  return typeof multipleOf === "number" ? multipleOf : typeOf(schema) === "integer" ? 1 : undefined;
}

/** Compares formats and patterns. The pattern of a format may change with the version of zod. */
function compareTexts(before: JsonSchema, after: JsonSchema, path: string): readonly Difference[] {
  const [old, now] = [before.format, after.format];
  if (old !== undefined && old === now && !before.allOf && !after.allOf) return [];
  const [wasIn, isIn] = [textLimits(before), textLimits(after)];
  const [gone, came] = [wasIn.filter((each) => !isIn.includes(each)), isIn.filter((each) => !wasIn.includes(each))];
  if (gone.length === 0 && came.length === 0) return [];
  const what = [...gone.map((each) => `${each} is gone`), ...came.map((each) => `${each} is new`)].join(", ");
  return [{ change: gone.length === 0 ? "tightened" : came.length === 0 ? "loosened" : "changed", path, what }];
}

function textLimits(schema: JsonSchema): readonly string[] {
  const patterns = [schema, ...(schema.allOf ?? [])].flatMap(patternText);
  const format = schema.format === undefined ? [] : [`the format ${schema.format}`];
  return format.length > 0 && patterns.length === 1
    ? format
    : [...format, ...patterns.map((each) => `the pattern ${each}`)];
}

/** Returns whether a part of an intersection is only a limit. Zod puts second patterns and steps there. */
export function isLimit(part: JsonSchema): boolean {
  return Object.keys(part).every((keyword) => ["pattern", READING.flags, "multipleOf"].includes(keyword));
}

function patternText({ pattern, [READING.flags]: flags }: JsonSchema): readonly string[] {
  return pattern === undefined ? [] : [flags ? `${pattern} with the flags ${flags}` : pattern];
}
