/** The conversion that a thin client applies to a value, as plain data. `undefined` is no conversion. */
export type Conversion =
  /** A codec of `wampact/thin`. */
  | { readonly kind: "named"; readonly name: string }
  /** An export of the contract's codecs file: a codec, or the receiver's conversion only. */
  | { readonly kind: "own" | "ownReceipt"; readonly name: string }
  | { readonly kind: "object"; readonly properties: readonly NamedConversion[]; readonly rest: Conversion | undefined }
  | { readonly kind: "list"; readonly item: Conversion }
  | { readonly kind: "tuple"; readonly items: readonly (Conversion | null)[]; readonly rest: Conversion | undefined }
  | { readonly kind: "record"; readonly value: Conversion | undefined; readonly key: Conversion | undefined }
  /** `receipt` is a conversion that only the receiver does. */
  | { readonly kind: "optional" | "nullable" | "receipt"; readonly inner: Conversion }
  /** `text` is the value as a TypeScript expression. */
  | { readonly kind: "default"; readonly text: string; readonly inner: Conversion | undefined }
  | { readonly kind: "prefault"; readonly text: string; readonly inner: Conversion }
  | { readonly kind: "chain" | "both"; readonly parts: readonly Conversion[] }
  | { readonly kind: "byProperty"; readonly name: string; readonly cases: readonly NamedConversion[] }
  | { readonly kind: "byKind"; readonly wire: readonly NamedConversion[]; readonly own: readonly NamedConversion[] }
  /** A reference to a recursive conversion. */
  | { readonly kind: "reference"; readonly id: number };

export interface NamedConversion {
  readonly name: string;
  readonly conversion: Conversion;
}

/** The conversion of one payload of a contract, such as `add2.input`. */
export interface ThinSlot {
  /** The path, as in problems. */
  readonly path: string;
  readonly conversion: Conversion | undefined;
}

/** The conversions of a module's thin client. */
export interface ThinModule {
  /** By path in the contract, such as `add2.input` or `say.errors.rejected`. */
  readonly slots: readonly ThinSlot[];
  /** Recursive conversions, by ID. */
  readonly recursive: Readonly<Record<number, Conversion>>;
  /** The conversions that cannot be printed. */
  readonly problems: readonly { readonly path: string; readonly problem: string }[];
}
