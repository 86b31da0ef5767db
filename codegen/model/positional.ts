import type { SchemaId, SchemaNode } from "../loader/description.js";
import type { SchemaProblem } from "./check-schemas.js";
import { isBindingName } from "./names.js";
import { nodeOf } from "./resolve.js";
import type { Slot } from "./slots.js";

/** One of the arguments that a tuple of required items is called with. */
export interface PositionalItem {
  readonly name: string;
  readonly schema: SchemaId;
}

/** The form an input is called in, as the run time decides it: nothing, one value, or positional arguments. */
export function inputForm(
  schemas: readonly SchemaNode[],
  id: SchemaId | undefined,
): "none" | "value" | readonly PositionalItem[] {
  if (id === undefined) return "none";
  const node = nodeOf(schemas, id);
  if (node.kind === "readonly" || node.kind === "lazy" || node.kind === "brand") return inputForm(schemas, node.inner);
  if (node.kind === "keyword" && (node.keyword === "void" || node.keyword === "undefined")) return "none";
  if (node.kind !== "tuple" || node.rest !== undefined || !node.items.every((item) => item.required)) return "value";
  return node.items.map(({ schema }, index) => ({ name: nodeOf(schemas, schema).meta.name ?? `arg${index}`, schema }));
}

const BRANDED_TUPLE =
  "a tuple that is called with positional arguments is never one value, so it can have no brand; brand its items";

/** Finds inputs that cannot be positional as they are: labels that cannot be parameters' names, and brands. */
export function checkLabels(schemas: readonly SchemaNode[], slots: readonly Slot[]): readonly SchemaProblem[] {
  return slots
    .filter(({ isInput }) => isInput)
    .flatMap((slot) => {
      const form = inputForm(schemas, slot.schema);
      if (typeof form === "string") return [];
      if (nodeOf(schemas, slot.schema).kind === "brand") return [{ slot, path: slot.path, problem: BRANDED_TUPLE }];
      const names = form.map(({ name }) => name);
      return names.flatMap((name, index): readonly SchemaProblem[] => {
        const path = `${slot.path}[${index}]`;
        if (!isBindingName(name)) {
          return [
            {
              slot,
              path,
              problem: `${JSON.stringify(name)} cannot name an argument; give the item another .meta({ name })`,
            },
          ];
        }
        return names.indexOf(name) === index
          ? []
          : [
              {
                slot,
                path,
                problem: `another argument is named ${JSON.stringify(name)} too; give the item another .meta({ name })`,
              },
            ];
      });
    });
}
