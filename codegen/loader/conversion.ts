/** What a thin client does to a value beside passing it on, as plain data. Nothing stands for nothing. */
export type Conversion =
  /** A codec of `wampact/thin`. */
  | { readonly kind: "named"; readonly name: string }
  /** An export of the contract's own codecs: both ways, or what the receiver does to the value. */
  | { readonly kind: "own" | "ownReceipt"; readonly name: string }
  | { readonly kind: "object"; readonly properties: readonly NamedConversion[]; readonly rest: Conversion | undefined }
  | { readonly kind: "list"; readonly item: Conversion }
  | { readonly kind: "tuple"; readonly items: readonly (Conversion | null)[]; readonly rest: Conversion | undefined }
  | { readonly kind: "record"; readonly value: Conversion | undefined; readonly key: Conversion | undefined }
  | { readonly kind: "optional" | "nullable"; readonly inner: Conversion }
  /** `text` is the value as an expression of TypeScript. */
  | { readonly kind: "default"; readonly text: string; readonly inner: Conversion | undefined }
  | { readonly kind: "prefault"; readonly text: string; readonly inner: Conversion }
  | { readonly kind: "chain"; readonly parts: readonly Conversion[] }
  | { readonly kind: "byProperty"; readonly name: string; readonly cases: readonly NamedConversion[] }
  | { readonly kind: "byKind"; readonly wire: readonly NamedConversion[]; readonly own: readonly NamedConversion[] }
  /** Refers to one of the conversions that are part of themselves. */
  | { readonly kind: "reference"; readonly id: number };

export interface NamedConversion {
  readonly name: string;
  readonly conversion: Conversion;
}

/** What a thin client does to the payload of one place of a contract, such as `add2.input`. */
export interface ThinSlot {
  /** The place, as problems name it. */
  readonly path: string;
  readonly conversion: Conversion | undefined;
}

/** What thin clients of a module do. */
export interface ThinModule {
  /** By the place in the contract, such as `add2.input` or `say.errors.rejected`. */
  readonly slots: readonly ThinSlot[];
  /** Conversions that are part of themselves, by their ID. */
  readonly recursive: Readonly<Record<number, Conversion>>;
  /** What cannot be printed. */
  readonly problems: readonly { readonly path: string; readonly problem: string }[];
}
