import type { ProcedureAccess, TopicAccess } from "../../src/contract/access.js";
import type { WireMapping } from "../../src/contract/mapping.js";
import type { InvocationPolicy } from "../../src/wire/messages.js";
import type { JsonSchema } from "../json-schema.js";
import type { ThinModule } from "./conversion.js";

/** A schema's index in `Description.schemas`. Schemas refer to each other by index, so recursion is plain data too. */
export type SchemaId = number;

/** A value that JSON would lose is wrapped. */
export type LiteralValue =
  | string
  | number
  | boolean
  | null
  | { readonly undefined: true }
  | { readonly bigint: string };

/** The metadata of a schema. */
export interface Metadata {
  readonly id?: string;
  /** Label of a tuple's item. */
  readonly name?: string;
  readonly title?: string;
  readonly description?: string;
  /** JSON texts. */
  readonly examples?: readonly string[];
  readonly deprecated?: string | true;
  /** Given by `branded()`. */
  readonly brand?: string;
}

/** A schema, as far as its TypeScript types depend on it. */
export type SchemaShape =
  | { readonly kind: "keyword"; readonly keyword: Keyword }
  /** `z.coerce`: it accepts anything, and returns the keyword's type. */
  | { readonly kind: "coerced"; readonly keyword: Keyword }
  | { readonly kind: "literal"; readonly values: readonly LiteralValue[] }
  | { readonly kind: "template"; readonly parts: readonly (SchemaId | { readonly text: string })[] }
  | { readonly kind: "object"; readonly properties: readonly NamedSchema[]; readonly rest?: SchemaId }
  | { readonly kind: "array"; readonly element: SchemaId }
  | { readonly kind: "tuple"; readonly items: readonly TupleItem[]; readonly rest?: SchemaId }
  | { readonly kind: "record" | "partialRecord"; readonly key: SchemaId; readonly value: SchemaId }
  | { readonly kind: "union"; readonly options: readonly SchemaId[]; readonly discriminator?: string }
  | { readonly kind: "intersection"; readonly left: SchemaId; readonly right: SchemaId }
  | { readonly kind: Wrapper; readonly inner: SchemaId }
  /** `branded()`: the received type has its own name. */
  | { readonly kind: "brand"; readonly inner: SchemaId; readonly name: string }
  | { readonly kind: "default" | "prefault"; readonly inner: SchemaId; readonly value?: string }
  | { readonly kind: "pipe" | "codec"; readonly in: SchemaId; readonly out: SchemaId }
  | { readonly kind: "preprocess"; readonly out: SchemaId }
  | { readonly kind: "transform" }
  | { readonly kind: "map"; readonly key: SchemaId; readonly value: SchemaId }
  | { readonly kind: "set"; readonly value: SchemaId }
  | { readonly kind: "instance"; readonly className: string }
  /** Any other kind, by zod's name for it. */
  | { readonly kind: "other"; readonly type: string };

export type Keyword =
  | "string"
  | "number"
  | "boolean"
  | "null"
  | "undefined"
  | "void"
  | "never"
  | "unknown"
  | "bigint"
  | "Date";

export type Wrapper = "optional" | "exactOptional" | "nullable" | "nonoptional" | "readonly" | "catch" | "lazy";

export interface NamedSchema {
  readonly name: string;
  readonly schema: SchemaId;
}

export interface TupleItem {
  readonly schema: SchemaId;
  /** As at run time: a tuple of required items is called with positional arguments. */
  readonly required: boolean;
}

export type SchemaNode = SchemaShape & { readonly meta: Metadata };

/** An error that a procedure declares, or that a module exports. */
export interface ErrorDescription {
  /** Equal for the same error object, wherever it is found. */
  readonly identity: number;
  readonly uri: string;
  readonly data: SchemaId;
  readonly wire: { readonly data: WireMapping };
}

export interface ProcedureDescription {
  readonly kind: "procedure";
  /** Equal for the same procedure, wherever it is exported. */
  readonly identity: number;
  readonly name: string;
  readonly uri: string;
  readonly summary?: string;
  readonly deprecated?: string;
  readonly params: readonly NamedSchema[];
  readonly input?: SchemaId;
  readonly output?: SchemaId;
  readonly progress?: SchemaId;
  readonly chunks?: SchemaId;
  readonly errors: readonly (ErrorDescription & { readonly code: string })[];
  /** The mapping of each part to `args` and `kwargs`. */
  readonly wire: Readonly<Record<string, WireMapping>>;
  readonly policy: ProcedurePolicy;
}

/** The settings of a procedure besides its schemas, if the contract has them. */
export interface ProcedurePolicy {
  readonly idempotent?: boolean;
  readonly timeoutMs?: number;
  readonly invoke?: InvocationPolicy;
  readonly disclose?: boolean;
  readonly access?: ProcedureAccess;
}

export interface TopicDescription {
  readonly kind: "topic";
  /** Equal for the same topic, wherever it is exported. */
  readonly identity: number;
  readonly name: string;
  readonly uri: string;
  readonly summary?: string;
  readonly deprecated?: string;
  readonly params: readonly NamedSchema[];
  readonly event?: SchemaId;
  readonly wire: Readonly<Record<string, WireMapping>>;
  readonly policy: TopicPolicy;
}

/** The settings of a topic besides its schema, if the contract has them. */
export interface TopicPolicy {
  readonly retain?: boolean;
  readonly disclose?: boolean;
  readonly access?: TopicAccess;
}

export interface ErrorMemberDescription extends ErrorDescription {
  readonly kind: "error";
  readonly name: string;
}

export type MemberDescription = (ProcedureDescription | TopicDescription | ErrorMemberDescription) & {
  /** The reason why it cannot be declared. */
  readonly fault?: string;
};

/** The reason why an export cannot be described. */
export interface MemberFault {
  readonly member: string;
  /** The member and the path in it, such as `add2.input.when`. */
  readonly path: string;
  readonly problem: string;
}

/** The result of running a module. */
export interface ModuleDescription {
  /** Absolute path. */
  readonly file: string;
  /** In the order of the module object, which is alphabetical. */
  readonly members: readonly MemberDescription[];
  /** The schemas that it exports by name. */
  readonly exports: readonly NamedSchema[];
  /** The exports that are missing from the other lists. */
  readonly faults: readonly MemberFault[];
  /** The conversions of its thin client, if it has one. */
  readonly thin?: ThinModule;
}

/** The result of running the contracts, as the child process sends it. */
export interface Description {
  readonly schemas: readonly SchemaNode[];
  /** The JSON Schema of each member's own schemas, by ID. */
  readonly payloads: Readonly<Record<SchemaId, JsonSchema>>;
  readonly modules: readonly ModuleDescription[];
}
