import type { Conversion, NamedConversion } from "../loader/conversion.js";
import type { Imports } from "./imports.js";
import { propertyName, quote } from "./text.js";

/** The names that a printed conversion refers to. */
export interface ConversionNames {
  readonly imports: Imports;
  /** Returns the local name of a codec from the contract's codecs file. */
  own(name: string): string;
  /** Returns the local name of a recursive conversion. */
  recursive(id: number): string;
}

/** Returns a conversion as an expression that creates a codec. */
export function conversionText(conversion: Conversion, names: ConversionNames): string {
  const use = (name: string) => names.imports.value(name);
  const text = (inner: Conversion) => conversionText(inner, names);
  const others = (...inner: readonly (Conversion | undefined)[]) =>
    inner.map((each) => (each ? `, ${text(each)}` : "")).join("");
  const cases = (named: readonly NamedConversion[]) => {
    const members = named.map((each) => `${propertyName(each.name)}: ${text(each.conversion)}`);
    return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
  };
  switch (conversion.kind) {
    case "named":
      return use(conversion.name);
    case "own":
      return `${use("own")}(${names.own(conversion.name)})`;
    case "ownReceipt":
      return `${use("onReceipt")}(${names.own(conversion.name)})`;
    case "object":
      return `${use("object")}(${cases(conversion.properties)}${others(conversion.rest)})`;
    case "list":
      return `${use("list")}(${text(conversion.item)})`;
    case "tuple": {
      const items = conversion.items.map((item) => (item ? text(item) : "undefined"));
      return `${use("tuple")}([${items.join(", ")}]${others(conversion.rest)})`;
    }
    case "record":
      return `${use("record")}(${conversion.value ? text(conversion.value) : "undefined"}${others(conversion.key)})`;
    case "receipt":
      return `${use("onReceipt")}(${text(conversion.inner)}.receive)`;
    case "optional":
    case "nullable":
      return `${use(conversion.kind)}(${text(conversion.inner)})`;
    case "default":
    case "prefault": {
      const filled = conversion.text.startsWith("{") ? `(${conversion.text})` : conversion.text;
      return `${use(`${conversion.kind}ed`)}(() => ${filled}${others(conversion.inner)})`;
    }
    case "chain":
    case "both":
      return `${use(conversion.kind)}(${conversion.parts.map(text).join(", ")})`;
    case "byProperty":
      return `${use("byProperty")}(${quote(conversion.name)}, ${cases(conversion.cases)})`;
    case "byKind":
      return `${use("byKind")}(${cases(conversion.wire)}, ${cases(conversion.own)})`;
    case "reference":
      return `${use("lazily")}(() => ${names.recursive(conversion.id)})`;
  }
}
