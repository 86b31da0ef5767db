import type { WireMapping } from "../../src/contract/mapping.js";
import type { JsonSchema } from "../json-schema.js";
import type { ThinModule } from "../loader/conversion.js";
import type { ProcedurePolicy, TopicPolicy } from "../loader/description.js";
import type { Doc, Type } from "./type.js";

/** A contract, ready to be printed: plain data, with final names. */
export interface ContractModel {
  /** The contract file, relative to the project. */
  readonly source: string;
  /** The module specifier with which the generated files import the contract, such as `../calculator.js`. */
  readonly contractImport: string;
  /** The module specifier with which the check file imports the generated file. */
  readonly generatedImport: string;
  /** Such as `Calculator`, in `CalculatorClient`. */
  readonly name: string;
  /** Such as `calculator`, in `calculatorUris`. */
  readonly camelName: string;
  readonly declarations: readonly Declaration[];
  /** In source order. */
  readonly members: readonly MemberModel[];
  readonly proofs: readonly Proof[];
  /** Types of the check file only, for the second forms of proofs. */
  readonly merged: readonly Declaration[];
  /** Declarations whose structure is proven for those second forms. */
  readonly restated: readonly Declaration[];
  /** The JSON Schemas that the payloads refer to, by the names of their types. */
  readonly definitions: Readonly<Record<string, JsonSchema>>;
  /** The conversions of the thin client, if there is one. */
  readonly thin: ThinModule | undefined;
}

/** One part of a member on the wire: its schema and its mapping. */
export interface Payload {
  readonly schema: JsonSchema;
  readonly wire: WireMapping;
  /** Whether the whole value may be missing on the wire. */
  readonly optional?: true;
}

/** The parts of a member that have a schema: `input`, `output`, `progress`, `chunks`; a topic's `event`; an error's `data`. */
export type Payloads = Readonly<Record<string, Payload>>;

/** An exported type. An object is printed as an interface. */
export interface Declaration {
  readonly name: string;
  readonly type: Type;
  readonly doc: Doc;
}

/** The types of one schema in each `View`. */
export interface Views {
  readonly receiver: Type;
  readonly sender: Type;
}

export type MemberModel = ProcedureModel | TopicModel | ErrorModel;

export interface MemberDoc extends Doc {
  /** The tags of the author's doc comment, as written. */
  readonly tags?: string;
}

export interface ProcedureModel {
  readonly kind: "procedure";
  readonly name: string;
  readonly uri: string;
  readonly doc: MemberDoc;
  readonly params: Views | undefined;
  /** None, one value, or positional arguments. */
  readonly input: readonly Parameter[];
  readonly output: Views;
  /** The comment's description of the result. */
  readonly returns: string | undefined;
  readonly progress: Views | undefined;
  /** The values that the caller sends after its input. */
  readonly chunks: Views | undefined;
  readonly errors: readonly ErrorReference[];
  readonly policy: ProcedurePolicy;
  /** The schema of each parameter of the URI, as text. */
  readonly paramSchemas: Readonly<Record<string, JsonSchema>>;
  readonly payloads: Payloads;
}

export interface Parameter {
  readonly name: string;
  readonly type: Views;
  readonly description: string | undefined;
  /** Whether it is the whole input, not one of its positions. */
  readonly isWhole: boolean;
}

/** An error as a procedure declares it. */
export interface ErrorReference {
  readonly code: string;
  /** The declaration that callers narrow to. */
  readonly typeName: string;
  /** The type of the data that a handler passes to create the error. */
  readonly data: Type;
  readonly uri: string;
  readonly payloads: Payloads;
}

export interface TopicModel {
  readonly kind: "topic";
  readonly name: string;
  readonly uri: string;
  readonly doc: MemberDoc;
  readonly params: Views | undefined;
  readonly event: Views;
  readonly policy: TopicPolicy;
  readonly paramSchemas: Readonly<Record<string, JsonSchema>>;
  readonly payloads: Payloads;
}

/** An error that the contract exports. */
export interface ErrorModel {
  readonly kind: "error";
  readonly name: string;
  readonly uri: string;
  readonly typeName: string;
  readonly doc: Doc;
  readonly payloads: Payloads;
}

/** A printed type that must be identical to the type that zod infers from the schema. */
export interface Proof {
  /** Such as `add2.input, sent`. */
  readonly label: string;
  readonly type: Type;
  /**
   * The same type with one name for all types of the same structure, if zod's type may have merged them. Either form proves it.
   */
  readonly merged?: Type;
  readonly infer: "input" | "output";
  /** The path from the contract module to the schema. */
  readonly accessor: readonly string[];
}
