import type { SchemaId, SchemaNode } from "../loader/description.js";
import { pascalCase } from "./names.js";

/** A schema inside another one. */
export interface Part {
  readonly schema: SchemaId;
  /** The step to it, for messages: `.when`, `[]`. Empty for wrappers. */
  readonly step: string;
  /** Its addition to a type name that is made from the path. */
  readonly suffix: string;
}

/** Returns the schemas directly inside one. Every walk over schemas uses it. */
export function partsOf(node: SchemaNode, schemas: readonly SchemaNode[]): readonly Part[] {
  switch (node.kind) {
    case "object":
      return [
        ...node.properties.map(({ name, schema }) => ({ schema, step: `.${name}`, suffix: pascalCase(name) })),
        ...optionalPart(node.rest, ".*", "Rest"),
      ];
    case "array":
      return [{ schema: node.element, step: "[]", suffix: "Item" }];
    case "set":
      return [{ schema: node.value, step: "[]", suffix: "Item" }];
    case "tuple":
      return [
        ...node.items.map(({ schema }, index) => {
          return { schema, step: `[${index}]`, suffix: pascalCase(schemas[schema]?.meta.name ?? `item${index}`) };
        }),
        ...optionalPart(node.rest, "[…]", "Rest"),
      ];
    case "record":
    case "partialRecord":
    case "map":
      return [
        { schema: node.key, step: ".(key)", suffix: "Key" },
        { schema: node.value, step: ".*", suffix: "Value" },
      ];
    case "union":
      return node.options.map((schema, index) => {
        return {
          schema,
          step: "",
          suffix: discriminatorValue(schemas, schema, node.discriminator) ?? `Option${index + 1}`,
        };
      });
    case "intersection":
      return [
        { schema: node.left, step: "", suffix: "Left" },
        { schema: node.right, step: "", suffix: "Right" },
      ];
    case "template":
      return node.parts.flatMap((part) =>
        typeof part === "number" ? [{ schema: part, step: "", suffix: "Part" }] : [],
      );
    case "codec":
    case "pipe":
      return [
        { schema: node.out, step: "", suffix: "" },
        { schema: node.in, step: "", suffix: schemas[node.in]?.kind === "pipe" ? "" : "Given" },
      ];
    case "brand":
      return [{ schema: node.inner, step: "", suffix: "Value" }];
    case "preprocess":
      return [{ schema: node.out, step: "", suffix: "" }];
    default:
      return "inner" in node ? [{ schema: node.inner, step: "", suffix: "" }] : [];
  }
}

/** Returns whether one schema is inside another one, or is that one. */
export function reaches(
  schemas: readonly SchemaNode[],
  from: SchemaId,
  to: SchemaId,
  seen: Set<SchemaId> = new Set(),
): boolean {
  if (from === to) return true;
  const node = schemas[from];
  if (!node || seen.has(from)) return false;
  seen.add(from);
  return partsOf(node, schemas).some(({ schema }) => reaches(schemas, schema, to, seen));
}

function optionalPart(schema: SchemaId | undefined, step: string, suffix: string): readonly Part[] {
  return schema === undefined ? [] : [{ schema, step, suffix }];
}

/** Returns `Circle` for `{ kind: "circle" }` in a union that is discriminated by `kind`. */
function discriminatorValue(
  schemas: readonly SchemaNode[],
  option: SchemaId,
  discriminator: string | undefined,
): string | undefined {
  const node = schemas[option];
  if (node?.kind !== "object" || discriminator === undefined) return undefined;
  const property = node.properties.find(({ name }) => name === discriminator);
  const value = property && schemas[property.schema];
  if (value?.kind !== "literal") return undefined;
  const [first] = value.values;
  return typeof first === "string" || typeof first === "number" ? pascalCase(String(first)) : undefined;
}
