import type { $ZodType, input, output, util } from "zod/v4/core";
import type { OfPlain } from "../contract/brand.js";

/**
 * A schema's type for senders: decoded values, but defaults may be omitted, and transforms take their input. Codegen prints a
 * sender's types by the same rules.
 */
export type Sent<Schema> =
  Schema extends OfPlain<infer Plain>
    ? Sent<Plain>
    : Schema extends $ZodType
      ? SentBy<Schema, Schema["_zod"]["def"]>
      : void;

/** By schema kind, for kinds that contain others. All other kinds have the same input and output. */
type SentBy<Schema extends $ZodType, Def> = Def extends {
  readonly type: infer Kind extends keyof SentKinds<Schema, Def>;
}
  ? SentKinds<Schema, Def>[Kind]
  : output<Schema>;

interface SentKinds<Schema extends $ZodType, Def> {
  readonly object: SentObject<Schema, Part<Def, "shape">>;
  readonly array: Sent<Part<Def, "element">>[];
  readonly tuple: SentTuple<Part<Def, "items">, Part<Def, "rest">>;
  readonly record: SentRecord<Part<Def, "keyType">, Part<Def, "valueType">>;
  readonly union: [util.JSONType] extends [output<Schema>]
    ? output<Schema> // `z.json()` contains itself within lists, which the compiler would follow without end
    : SentEach<Part<Def, "options">>;
  readonly intersection: Sent<Part<Def, "left">> & Sent<Part<Def, "right">>;
  readonly optional: undefined extends output<Schema>
    ? Sent<Part<Def, "innerType">> | undefined
    : Sent<Part<Def, "innerType">>; // exactOptional
  readonly nullable: Sent<Part<Def, "innerType">> | null;
  readonly nonoptional: Exclude<Sent<Part<Def, "innerType">>, undefined>;
  readonly readonly: util.MakeReadonly<Sent<Part<Def, "innerType">>>;
  readonly catch: Sent<Part<Def, "innerType">>;
  readonly lazy: Def extends { readonly getter: () => infer Inner } ? Sent<Inner> : never;
  readonly default: Sent<Part<Def, "innerType">> | undefined;
  readonly prefault: Sent<Part<Def, "innerType">> | undefined;
  readonly pipe: Def extends { readonly reverseTransform: unknown }
    ? output<Schema> // a codec, whose sides both have the decoded value
    : Part<Def, "in"> extends infer In
      ? In extends Transform
        ? Sent<Part<Def, "out">> // preprocessing
        : Sent<In>
      : never;
  readonly transform: input<Schema>;
}

type Part<Def, Name extends string> = Def extends { readonly [K in Name]: infer Given } ? Given : never;
type Transform = { readonly _zod: { readonly def: { readonly type: "transform" } } };

type SentObject<Schema, Shape> = [keyof Shape] extends [never]
  ? Schema extends $ZodType
    ? output<Schema>
    : never
  : Flat<
      { -readonly [K in keyof Shape as MayBeLeftOut<Shape[K]> extends true ? never : K]: Sent<Shape[K]> } & {
        -readonly [K in keyof Shape as MayBeLeftOut<Shape[K]> extends true ? K : never]?: Sent<Shape[K]>;
      } & Others<Schema>
    >;
/** The properties that an object does not name, as `z.looseObject()` and `.catchall()` allow them. */
type Others<Schema> = Schema extends { readonly _zod: { readonly config: { readonly out: infer Out } } }
  ? Out
  : unknown;
type Flat<T> = { [K in keyof T]: T[K] } & {};

/** The last items are optional if they may be omitted. */
type SentTuple<Items, Rest> = [...SentItems<Items>, ...(Rest extends $ZodType ? Sent<Rest>[] : [])];
type SentItems<Items> = Items extends readonly [...infer Before, infer Last]
  ? MayBeLeftOut<Last> extends true
    ? [...SentItems<Before>, Sent<Last>?]
    : SentAll<Items>
  : Items extends readonly []
    ? []
    : SentAll<Items>;
type SentAll<Items> = Items extends readonly unknown[] ? { -readonly [K in keyof Items]: Sent<Items[K]> } : [];

type SentRecord<Key, Value> = Key extends $ZodType
  ? true extends MayBeLeftOut<Value> | IsPartial<Key>
    ? { [K in Sent<Key> & PropertyKey]?: Sent<Value> }
    : { [K in Sent<Key> & PropertyKey]: Sent<Value> }
  : never;
type IsPartial<Key> = Key extends { readonly "~~partial": true } ? true : false;

type SentEach<Options> = Options extends readonly (infer Option)[]
  ? Option extends $ZodType
    ? Sent<Option>
    : never
  : never;

/** Whether a sender may omit a property or an item of this schema. */
type MayBeLeftOut<Schema> = Schema extends {
  readonly _zod: { readonly def: { readonly type: "pipe"; readonly reverseTransform: unknown } };
}
  ? Schema extends { readonly _zod: { readonly optout: "optional" } }
    ? true
    : false
  : Schema extends { readonly _zod: { readonly optin: "optional" | "defaulted" } }
    ? true
    : false;
