import { propertyName, quote } from "../printers/text.js";

/** Returns a value as a TypeScript expression, or `undefined` if it has none. */
export function expressionText(value: unknown, depth = 0): string | undefined {
  if (depth > 32) return undefined; // the value may contain itself
  switch (typeof value) {
    case "string":
      return quote(value);
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "boolean":
    case "undefined":
      return String(value);
    case "bigint":
      return `${value}n`;
    case "object":
      return value === null ? "null" : objectText(value, depth + 1);
    default:
      return undefined;
  }
}

function objectText(value: object, depth: number): string | undefined {
  if (Array.isArray(value)) return listText(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : `new Date(${value.getTime()})`;
  if (value instanceof URL) return `new URL(${quote(value.href)})`;
  if (value instanceof Uint8Array) return `Uint8Array.of(${[...value].join(", ")})`;
  if (value instanceof Map || value instanceof Set) {
    const items = value.size === 0 ? "" : listText([...value], depth);
    return items === undefined ? undefined : `new ${value.constructor.name}(${items})`;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return undefined;
  const members = Object.entries(value).map(([name, member]) => {
    const text = expressionText(member, depth);
    return text === undefined || name === "__proto__" ? undefined : `${propertyName(name)}: ${text}`;
  });
  if (members.includes(undefined)) return undefined;
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

function listText(list: readonly unknown[], depth: number): string | undefined {
  const items = list.map((item) => expressionText(item, depth));
  return items.includes(undefined) ? undefined : `[${items.join(", ")}]`;
}
