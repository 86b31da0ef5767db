import type { $ZodType, input, output } from "zod/v4/core";
import type { Contract } from "../contract/contract.js";
import type { ErrorType, Procedure, Topic } from "../contract/definition.js";
import type { ParamNames } from "../contract/params.js";
import type { Call } from "../peer/call.js";
import type { CallOptions, Identity } from "../peer/types.js";
import type { WampError } from "../wire/error.js";
import type { Sent } from "./sent.js";
import type { Answer, Context, ErrorGuard, PlainTopicClient, TopicClient } from "./types.js";

/** A member of a definition, or `Missing`. */
type Part<Definition, Name extends string, Missing = undefined> = Definition extends {
  readonly [K in Name]: infer Given;
}
  ? Given
  : Missing;

/** A schema's type for receivers: decoded, with defaults. */
type Received<Schema> = Schema extends $ZodType ? output<Schema> : void;

/** The values of a URI's parameters. They are strings unless `params` has a schema. */
export type Params<Uri extends string, Definition> = {
  [Name in ParamNames<Uri>]: Part<Part<Definition, "params">, Name> extends infer Schema extends $ZodType
    ? output<Schema>
    : string;
};
/** The values of a URI's parameters, as a sender passes them. */
export type ParamsInit<Uri extends string, Definition> = {
  [Name in ParamNames<Uri>]: Part<Part<Definition, "params">, Name> extends infer Schema extends $ZodType
    ? Sent<Schema>
    : string;
};
type ParamsFirst<Uri extends string, Definition> = [ParamNames<Uri>] extends [never]
  ? []
  : [params: ParamsInit<Uri, Definition>];

/** Tuples of required items are positional. Everything else is one value. */
type InputOf<Schema, View> = Schema extends undefined
  ? []
  : SeenThrough<Schema> extends { readonly _zod: { readonly def: { readonly type: "void" | "undefined" } } }
    ? []
    : View extends readonly unknown[]
      ? IsPositional<SeenThrough<Schema>> extends true
        ? View
        : [input: View]
      : [input: View];

/** The schema inside readonly and lazy, which do not change its wire form. */
type SeenThrough<Schema> = Schema extends {
  readonly _zod: { readonly def: { readonly type: "readonly"; readonly innerType: infer Inner } };
}
  ? SeenThrough<Inner>
  : Schema extends { readonly _zod: { readonly def: { readonly type: "lazy"; readonly getter: () => infer Inner } } }
    ? SeenThrough<Inner>
    : Schema;

/** Determined by the wire form. An item with a default is optional there, like one that is declared optional. */
type IsPositional<Schema> = Schema extends $ZodType & { readonly _zod: { readonly def: { readonly type: "tuple" } } }
  ? input<Schema> extends infer Items extends readonly unknown[]
    ? number extends Items["length"]
      ? false
      : Items extends Required<Items>
        ? true
        : false
    : false
  : false;

/** The values that a caller sends after its input. */
type ChunksOf<Definition> = Definition extends { readonly chunks: infer Chunks }
  ? [chunks: AsyncIterable<Sent<Chunks>> | Iterable<Sent<Chunks>>]
  : [];

type DeclaredErrors<Definition> = Part<Definition, "errors", Record<never, never>>;
type Declared<Errors> = {
  [Name in keyof Errors]: Errors[Name] extends ErrorType<infer Uri, infer Data>
    ? { readonly code: Name & string; readonly uri: Uri; readonly data: output<Data> }
    : never;
}[keyof Errors];
/** The functions that create declared errors, in the context of a handler. */
export type ErrorMakers<Errors> = {
  readonly [Name in keyof Errors]: Errors[Name] extends ErrorType<string, infer Data>
    ? (data: Sent<Data>) => WampError
    : never;
};

type Method<Uri extends string, Definition> = Definition extends { readonly errors: infer Errors }
  ? [keyof Errors] extends [never]
    ? MethodOf<Uri, Definition>
    : ErrorGuard<Declared<Errors>> & MethodOf<Uri, Definition>
  : MethodOf<Uri, Definition>;
type MethodOf<Uri extends string, Definition> = (
  ...given: [
    ...ParamsFirst<Uri, Definition>,
    ...InputOf<Part<Definition, "input">, Sent<Part<Definition, "input">>>,
    ...ChunksOf<Definition>,
    options?: CallOptions,
  ]
) => Call<
  Received<Part<Definition, "output">>,
  Part<Definition, "progress"> extends infer Progress extends $ZodType ? output<Progress> : never,
  Declared<DeclaredErrors<Definition>>
>;

type HandlerContext<Uri extends string, Definition, Added> = Context &
  Added &
  ([ParamNames<Uri>] extends [never] ? unknown : { readonly params: Params<Uri, Definition> }) &
  (Definition extends { readonly disclose: true } ? { readonly caller: Identity } : unknown) &
  (Definition extends { readonly errors: infer Errors } ? { readonly errors: ErrorMakers<Errors> } : unknown) &
  (Definition extends { readonly progress: infer Progress } ? { progress(value: Sent<Progress>): void } : unknown) &
  (Definition extends { readonly chunks: infer Chunks }
    ? { readonly chunks: AsyncIterable<Received<Chunks>> }
    : unknown);

type Handler<Uri extends string, Definition, Added> = (
  ...given: [
    ...InputOf<Part<Definition, "input">, Received<Part<Definition, "input">>>,
    ctx: HandlerContext<Uri, Definition, Added>,
  ]
) => Definition extends { readonly progress: infer Progress }
  ? Answer<Sent<Part<Definition, "output">>> | AsyncGenerator<Sent<Progress>, Sent<Part<Definition, "output">>, void>
  : Answer<Sent<Part<Definition, "output">>>;

type TopicOf<Uri extends string, Definition> =
  Part<Definition, "event"> extends infer Event extends $ZodType
    ? [ParamNames<Uri>] extends [never]
      ? PlainTopicClient<output<Event>, Sent<Event>>
      : TopicClient<Params<Uri, Definition>, output<Event>, Sent<Event>, ParamsInit<Uri, Definition>>
    : never;

/** The client of a contract, inferred from its schemas. */
export type InferredClient<C extends Contract> = {
  readonly [Name in keyof C as C[Name] extends Procedure | Topic ? Name : never]: C[Name] extends Procedure<
    infer Uri,
    infer Definition
  >
    ? Method<Uri, Definition>
    : C[Name] extends Topic<infer Uri, infer Definition>
      ? TopicOf<Uri, Definition>
      : never;
};

/** The handlers of a contract, inferred from its schemas. `Added` is the addition of middleware to their context. */
export type InferredHandlers<C extends Contract, Added = unknown> = {
  readonly [Name in keyof C as C[Name] extends Procedure ? Name : never]: C[Name] extends Procedure<
    infer Uri,
    infer Definition
  >
    ? Handler<Uri, Definition, Added>
    : never;
};
