import type { $ZodType } from "zod/v4/core";
import { BRAND_KEY } from "../../src/contract/brand.js";
import type { Metadata } from "./description.js";

/**
 * Returns the metadata that `.describe()` and `.meta()` added to a schema. It reads zod's registry, whichever copy of zod made
 * it.
 */
export function metadataOf(schema: $ZodType): Metadata {
  const { id, name, title, description, examples, deprecated, [BRAND_KEY]: brand } = registered(schema);
  return {
    ...(typeof id === "string" && { id }),
    ...(typeof name === "string" && { name }),
    ...(typeof title === "string" && { title }),
    ...(typeof description === "string" && { description }),
    ...(Array.isArray(examples) && { examples: examples.flatMap((example) => jsonText(example) ?? []) }),
    ...((deprecated === true || typeof deprecated === "string") && { deprecated }),
    ...(typeof brand === "string" && { brand }),
  };
}

/**
 * Returns the JSON text of a default, or nothing if it is computed. A value that changes between runs must not be printed. The
 * default is read at two different clock times, which reveals one that depends on the time.
 */
export function defaultText(read: () => unknown): string | undefined {
  return stableText(read, jsonText);
}

/** Returns the text of a value, or nothing if the value is computed. */
export function stableText(read: () => unknown, textOf: (value: unknown) => string | undefined): string | undefined {
  const text = textOf(read());
  return text === textOf(underAnotherClock(read)) ? text : undefined;
}

function underAnotherClock<T>(read: () => T): T {
  const RealDate = globalThis.Date;
  const shiftMs = 1_000_000_000_000;
  globalThis.Date = class extends RealDate {
    constructor(...given: [] | ConstructorParameters<DateConstructor>) {
      if (given.length === 0) super(RealDate.now() + shiftMs);
      else super(...given);
    }
    static override now(): number {
      return RealDate.now() + shiftMs;
    }
  } as DateConstructor;
  try {
    return read();
  } finally {
    globalThis.Date = RealDate;
  }
}

function registered(schema: $ZodType): Readonly<Record<string, unknown>> {
  const { meta } = schema as { meta?: unknown }; // zod has the method, zod/mini does not
  if (typeof meta === "function") return (meta.call(schema) as Record<string, unknown> | undefined) ?? {};
  const { __zod_globalRegistry: registry } = globalThis as {
    __zod_globalRegistry?: { get(schema: $ZodType): Record<string, unknown> | undefined };
  };
  return registry?.get(schema) ?? {};
}

function jsonText(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  try {
    return JSON.stringify(value);
  } catch {
    return undefined; // a bigint or a cycle
  }
}
