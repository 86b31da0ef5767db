import type { WireMapping } from "../../src/contract/mapping.js";
import type { JsonSchema } from "../json-schema.js";
import type { ThinModule } from "../loader/conversion.js";
import type { ProcedurePolicy, TopicPolicy } from "../loader/description.js";
import type { Doc, Type } from "./type.js";

/** A contract, ready to be printed: plain data, with every name final. */
export interface ContractModel {
  /** The contract file, relative to the project. */
  readonly source: string;
  /** How the generated files import the contract, such as `../calculator.js`. */
  readonly contractImport: string;
  /** How the check file imports the generated file. */
  readonly generatedImport: string;
  /** Such as `Calculator`, in `CalculatorClient`. */
  readonly name: string;
  /** Such as `calculator`, in `calculatorUris`. */
  readonly camelName: string;
  readonly declarations: readonly Declaration[];
  /** In the order of the source. */
  readonly members: readonly MemberModel[];
  readonly proofs: readonly Proof[];
  /** Types of the check file alone, which the second forms of proofs refer to. */
  readonly merged: readonly Declaration[];
  /** Declarations whose structure is proven for the sake of those second forms. */
  readonly restated: readonly Declaration[];
  /** JSON Schemas that the payloads refer to, by the names of their types. */
  readonly definitions: Readonly<Record<string, JsonSchema>>;
  /** What the thin client does, where there is one. */
  readonly thin: ThinModule | undefined;
}

/** What travels in one part of a member, and how. */
export interface Payload {
  readonly schema: JsonSchema;
  readonly wire: WireMapping;
}

/** The parts of a member that have a schema: `input`, `output`, `progress`, `chunks`; a topic's `event`; an error's `data`. */
export type Payloads = Readonly<Record<string, Payload>>;

/** An exported type. An object is printed as an interface. */
export interface Declaration {
  readonly name: string;
  readonly type: Type;
  readonly doc: Doc;
}

/** One schema's types, as `View` tells them apart. */
export interface Views {
  readonly receiver: Type;
  readonly sender: Type;
}

export type MemberModel = ProcedureModel | TopicModel | ErrorModel;

export interface MemberDoc extends Doc {
  /** Tags of the author's doc comment, as written. */
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
  /** What the comment says of the result. */
  readonly returns: string | undefined;
  readonly progress: Views | undefined;
  /** What the caller sends after its input. */
  readonly chunks: Views | undefined;
  readonly errors: readonly ErrorReference[];
  readonly policy: ProcedurePolicy;
  /** What each parameter of the URI may be, as text. */
  readonly paramSchemas: Readonly<Record<string, JsonSchema>>;
  readonly payloads: Payloads;
}

export interface Parameter {
  readonly name: string;
  readonly type: Views;
  readonly description: string | undefined;
  /** Whether it is the input as one value, not one of its positions. */
  readonly isWhole: boolean;
}

/** An error as a procedure declares it. */
export interface ErrorReference {
  readonly code: string;
  /** The declaration callers narrow to. */
  readonly typeName: string;
  /** What its data is made of, in a handler. */
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

/** A printed type that must be the same as what zod infers from the schema. */
export interface Proof {
  /** Such as `add2.input as sent`. */
  readonly label: string;
  readonly type: Type;
  /** The same type with one name for all types of one structure, where the compiler may see that in zod's type. Either form proves it. */
  readonly merged?: Type;
  readonly infer: "input" | "output";
  /** The way from the contract module to the schema. */
  readonly accessor: readonly string[];
}
