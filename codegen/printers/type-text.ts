import type { LiteralValue } from "../loader/description.js";
import { referencesIn } from "../model/declare.js";
import type { Item, Type } from "../model/type.js";
import { freeName } from "./imports.js";
import { propertyName, quote, templateText } from "./text.js";

/** Returns a type on one line. */
export function typeText(type: Type): string {
  switch (type.kind) {
    case "keyword":
      return type.keyword;
    case "literal":
      return literalText(type.value);
    case "template":
      return `\`${templateParts(type.parts)}\``;
    case "reference":
      return type.arguments ? `${type.name}<${type.arguments.map(typeText).join(", ")}>` : type.name;
    case "object": {
      const properties = type.properties.map((property) => {
        const { name, optional, readonly } = property;
        return `${readonly ? "readonly " : ""}${propertyName(name)}${optional ? "?" : ""}: ${typeText(property.type)}`;
      });
      const index = type.index ? [indexText(type.index)] : [];
      return properties.length + index.length === 0 ? "{}" : `{ ${[...properties, ...index].join("; ")} }`;
    }
    case "mapped":
      return mappedText(type);
    case "array":
      return `${type.readonly ? "readonly " : ""}${operand(type.element)}[]`;
    case "tuple": {
      const rest = type.rest ? [`...${operand(type.rest)}[]`] : [];
      return `${type.readonly ? "readonly " : ""}[${[...type.items.map(itemText), ...rest].join(", ")}]`;
    }
    case "union":
      return type.options
        .map((option) => (option.kind === "intersection" ? operand(option) : typeText(option)))
        .join(" | ");
    case "intersection":
      return type.parts.map((part) => (part.kind === "union" ? operand(part) : typeText(part))).join(" & ");
  }
}

/** Returns an index signature without its semicolon. */
export function indexText(index: { readonly key: Type; readonly value: Type; readonly readonly: boolean }): string {
  return `${index.readonly ? "readonly " : ""}[key: ${typeText(index.key)}]: ${typeText(index.value)}`;
}

/**
 * Returns a record. Keys from a set of names become properties. Other keys become an index signature, in which a type may refer
 * to itself.
 */
function mappedText(type: Type & { readonly kind: "mapped" }): string {
  const { keys, optional } = type;
  const isOpen = keys.kind === "keyword" || keys.kind === "template";
  if (isOpen && !optional) return `{ ${indexText({ key: keys, value: type.value, readonly: type.readonly })} }`;
  const used = new Set([...referencesIn(keys), ...referencesIn(type.value)]);
  const name = used.has("Key") ? freeName("Each", used) : "Key";
  return `{ ${type.readonly ? "readonly " : ""}[${name} in ${typeText(keys)}]${optional ? "?" : ""}: ${typeText(type.value)} }`;
}

function itemText({ type, optional }: Item): string {
  return optional ? `${operand(type)}?` : typeText(type);
}

/** Returns the type in parentheses if `[]` or `?` would bind only to its last part. */
function operand(type: Type): string {
  const text = typeText(type);
  const isCompound =
    type.kind === "union" ||
    type.kind === "intersection" ||
    ((type.kind === "array" || type.kind === "tuple") && type.readonly);
  return isCompound ? `(${text})` : text;
}

function templateParts(parts: readonly (string | Type)[]): string {
  return parts
    .map((part) => {
      if (typeof part === "string") return templateText(part);
      return part.kind === "template" ? templateParts(part.parts) : `\${${typeText(emptyForUndefined(part))}}`;
    })
    .join("");
}

/** Replaces `undefined` by the empty string, as templates do. */
function emptyForUndefined(type: Type): Type {
  if (type.kind === "union") return { ...type, options: type.options.map(emptyForUndefined) };
  const isUndefined =
    type.kind === "keyword"
      ? type.keyword === "undefined"
      : type.kind === "literal" && typeof type.value === "object" && type.value !== null && "undefined" in type.value;
  return isUndefined ? { kind: "literal", value: "" } : type;
}

function literalText(value: LiteralValue): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "object" && value !== null) return "bigint" in value ? `${value.bigint}n` : "undefined";
  return String(value);
}
