import type { $ZodType } from "zod/v4/core";
import { defOf } from "../../src/contract/schema.js";
import { childrenOf } from "../../src/contract/schema-walk.js";
import type { Conversion, NamedConversion } from "./conversion.js";

/** An alternative of a union, with its conversion if it has one. */
interface Option {
  readonly schema: $ZodType;
  readonly plan: Conversion | undefined;
}

/**
 * Returns the conversion for each text of the discriminator, or nothing if different alternatives have the same text, such as `1` and
 * `"1"`, or if the discriminator is converted itself.
 */
export function casesByProperty(
  options: readonly Option[],
  discriminator: string,
): readonly NamedConversion[] | undefined {
  const cases = new Cases();
  for (const { schema, plan } of options) {
    if (convertsProperty(schema, discriminator)) return undefined;
    const values = [...(schema._zod.propValues?.[discriminator] ?? [])].map(String);
    if (!values.every((value) => cases.add(value, plan))) return undefined;
  }
  return cases.named;
}

/** Returns the conversion for each kind of value, or nothing if two different alternatives accept the same kind. */
export function casesByKind(
  options: readonly (Pick<Option, "plan"> & { readonly kinds: ReadonlySet<string> | undefined })[],
): readonly NamedConversion[] | undefined {
  const cases = new Cases();
  for (const { plan, kinds } of options) {
    if (!kinds || ![...kinds].every((kind) => cases.add(kind, plan))) return undefined;
  }
  return cases.named;
}

class Cases {
  readonly #plans = new Map<string, Conversion | undefined>();

  /** Returns false if the name has another conversion already. */
  add(name: string, plan: Conversion | undefined): boolean {
    if (this.#plans.has(name) && JSON.stringify(this.#plans.get(name)) !== JSON.stringify(plan)) return false;
    this.#plans.set(name, plan);
    return true;
  }

  get named(): readonly NamedConversion[] {
    return [...this.#plans].flatMap(([name, conversion]) => (conversion ? [{ name, conversion }] : []));
  }
}

/** Returns whether a codec converts the property, so that it has other values on the wire. */
function convertsProperty(schema: $ZodType, name: string): boolean {
  const { type, shape } = defOf(schema);
  if (type !== "object") return childrenOf(schema).some((child) => convertsProperty(child, name));
  const property = (shape as Readonly<Record<string, $ZodType>>)[name];
  return property !== undefined && hasCodec(property);
}

function hasCodec(schema: $ZodType): boolean {
  return "reverseTransform" in defOf(schema) || childrenOf(schema).some(hasCodec);
}
