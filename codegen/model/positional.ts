import type { SchemaId, SchemaNode } from "../loader/description.js";
import type { SchemaProblem } from "./check-schemas.js";
import { camelCase, firstFree, isBindingName } from "./names.js";
import { nodeOf } from "./resolve.js";
import type { Slot } from "./slots.js";

/** One of the arguments of a tuple of required items. */
export interface PositionalItem {
  readonly name: string;
  readonly schema: SchemaId;
}

/** Returns the form of an input, as at run time: nothing, one value, or positional arguments. */
export function inputForm(
  schemas: readonly SchemaNode[],
  id: SchemaId | undefined,
): "none" | "value" | readonly PositionalItem[] {
  if (id === undefined) return "none";
  const node = nodeOf(schemas, id);
  if (node.kind === "readonly" || node.kind === "lazy" || node.kind === "brand") return inputForm(schemas, node.inner);
  if (node.kind === "keyword" && (node.keyword === "void" || node.keyword === "undefined")) return "none";
  if (node.kind !== "tuple" || node.rest !== undefined || !node.items.every((item) => item.required)) return "value";
  const names = argumentNames(node.items.map(({ schema }) => nodeOf(schemas, schema).meta.name));
  return node.items.map(({ schema }, index) => ({ name: names[index] ?? "", schema }));
}

/** Returns unique parameter names, made from the labels of the items. */
function argumentNames(labels: readonly (string | undefined)[]): readonly string[] {
  const wanted = labels.map((label, index) => bindingName(label) ?? `arg${index}`);
  const names = wanted.map((name, index) => (wanted.indexOf(name) === index ? name : undefined)); // the first keeps it
  const taken = new Set(wanted);
  const take = (name: string): boolean => !taken.has(name) && taken.add(name).has(name);
  return names.map((name, index) => name ?? firstFree(wanted[index] ?? "", take));
}

/** Returns the parameter name for a label: `in` → `in_`, `first name` → `firstName`. `undefined` if nothing of it remains. */
function bindingName(label = ""): string | undefined {
  if (isBindingName(label)) return label;
  if (!/\p{ID_Start}/u.test(label)) return undefined;
  return [`${label}_`, camelCase(label), `${camelCase(label)}_`].find(isBindingName);
}

const BRANDED_TUPLE = "a tuple of positional arguments is not one value, so it cannot have a brand; brand its items";

/** Finds inputs that are called with positional arguments and have a brand as one value. */
export function checkPositional(schemas: readonly SchemaNode[], slots: readonly Slot[]): readonly SchemaProblem[] {
  return slots
    .filter(({ schema, isInput }) => {
      return isInput && nodeOf(schemas, schema).kind === "brand" && Array.isArray(inputForm(schemas, schema));
    })
    .map((slot) => ({ slot, path: slot.path, problem: BRANDED_TUPLE }));
}
