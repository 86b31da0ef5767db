import type { ProcedureAccess, TopicAccess } from "../../src/contract/access.js";
import type { WireMapping } from "../../src/contract/mapping.js";
import type { InvocationPolicy } from "../../src/wire/messages.js";
import type { JsonSchema } from "../json-schema.js";
import type { ThinModule } from "./conversion.js";

/** A schema's index in `Description.schemas`. Schemas refer to each other by it, so recursion is plain data too. */
export type SchemaId = number;

/** A value that JSON would lose is wrapped. */
export type LiteralValue =
  | string
  | number
  | boolean
  | null
  | { readonly undefined: true }
  | { readonly bigint: string };

/** What a schema says in words. */
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

/** What a schema is, as far as its TypeScript types go. */
export type SchemaShape =
  | { readonly kind: "keyword"; readonly keyword: Keyword }
  /** `z.coerce`: it takes anything, and gives the keyword. */
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
  /** `branded()`: what is received has a name of its own. */
  | { readonly kind: "brand"; readonly inner: SchemaId; readonly name: string }
  | { readonly kind: "default" | "prefault"; readonly inner: SchemaId; readonly value?: string }
  | { readonly kind: "pipe" | "codec"; readonly in: SchemaId; readonly out: SchemaId }
  | { readonly kind: "preprocess"; readonly out: SchemaId }
  | { readonly kind: "transform" }
  | { readonly kind: "map"; readonly key: SchemaId; readonly value: SchemaId }
  | { readonly kind: "set"; readonly value: SchemaId }
  | { readonly kind: "instance"; readonly className: string }
  /** Anything else zod has, by zod's name for it. */
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
  /** As the run time sees it: a tuple of required items is called with positional arguments. */
  readonly required: boolean;
}

export type SchemaNode = SchemaShape & { readonly meta: Metadata };

/** An error that a procedure declares, or that a module exports. */
export interface ErrorDescription {
  /** Equal for one and the same error object, wherever it is met. */
  readonly identity: number;
  readonly uri: string;
  readonly data: SchemaId;
  readonly wire: { readonly data: WireMapping };
}

export interface ProcedureDescription {
  readonly kind: "procedure";
  /** Equal for one and the same procedure, wherever it is exported. */
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
  /** How each part that there is meets `args` and `kwargs`. */
  readonly wire: Readonly<Record<string, WireMapping>>;
  readonly policy: ProcedurePolicy;
}

/** What a procedure promises beside its schemas, as far as the contract says. */
export interface ProcedurePolicy {
  readonly idempotent?: boolean;
  readonly timeoutMs?: number;
  readonly invoke?: InvocationPolicy;
  readonly disclose?: boolean;
  readonly access?: ProcedureAccess;
}

export interface TopicDescription {
  readonly kind: "topic";
  /** Equal for one and the same topic, wherever it is exported. */
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

/** What a topic promises beside its schema, as far as the contract says. */
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
  /** Why no program can declare it. */
  readonly fault?: string;
};

/** Why an export cannot be described. */
export interface MemberFault {
  readonly member: string;
  /** The member and the way into it, such as `add2.input.when`. */
  readonly path: string;
  readonly problem: string;
}

/** What running a module has shown. */
export interface ModuleDescription {
  /** Absolute path. */
  readonly file: string;
  /** In the order the module object lists them, which is alphabetical. */
  readonly members: readonly MemberDescription[];
  /** Schemas it exports under a name. */
  readonly exports: readonly NamedSchema[];
  /** Exports that are left out of the others. */
  readonly faults: readonly MemberFault[];
  /** What its thin client does, where it has one. */
  readonly thin?: ThinModule;
}

/** What running the contracts has shown: all that crosses from the child process. */
export interface Description {
  readonly schemas: readonly SchemaNode[];
  /** What travels of each schema that stands in a member itself, by its id. */
  readonly payloads: Readonly<Record<SchemaId, JsonSchema>>;
  readonly modules: readonly ModuleDescription[];
}
