import type { $ZodCheck, $ZodType } from "zod/v4/core";
import { defOf } from "../../src/contract/schema.js";
import { READING } from "../json-schema.js";

/**
 * Corrects the patterns of a text's JSON Schema, which zod writes without their flags. Validators read patterns as Unicode ones. A
 * pattern that they would read differently is marked with its flags, so that only the lock uses it.
 */
export function completePatterns(schema: $ZodType, json: Record<string, unknown>): void {
  const { pattern: own, checks = [] } = defOf(schema);
  const all = [own, ...(checks as readonly $ZodCheck[]).map(({ _zod }) => (_zod.def as { pattern?: unknown }).pattern)];
  const patterns = all.filter((each) => each instanceof RegExp);
  for (const part of [json, ...((json.allOf as Record<string, unknown>[] | undefined) ?? [])]) {
    const regex = patterns.find(({ source }) => source === part.pattern);
    if (!regex) continue;
    const source = unicodeSource(regex.source);
    const flags = regex.flags.replace(/[^ims]/g, "");
    if (source !== undefined) part.pattern = source;
    if (flags !== "" || source === undefined) part[READING.flags] = flags;
  }
}

/** Outside of classes: an escape, a class, or other characters. */
const TOKENS = /\\.|\[(?:\\.|[^\]\\])*\]|[^\\[]+/gs;
/** An escape without effect, which Unicode patterns do not allow. `-` needs it in classes. */
const IDLE_ESCAPE = /\\([^a-zA-Z0-9^$\\.*+?()[\]{}|/-])/g;

/** Returns the source of a pattern as that of a Unicode pattern, or `undefined` if it is none. */
function unicodeSource(source: string): string | undefined {
  const idle = (token: string) => (token === "\\-" ? "-" : token.replace(IDLE_ESCAPE, "$1"));
  const known = [source, source.replace(TOKENS, idle)];
  return known.find(isUnicode);
}

function isUnicode(source: string): boolean {
  try {
    return new RegExp(source, "u") instanceof RegExp;
  } catch {
    return false; // not a Unicode pattern
  }
}
