import { mapValues, sortedByName } from "../dicts.js";
import { type JsonSchema, mapParts } from "../json-schema.js";
import type { ContractModel, ErrorReference, MemberModel, Payload, Payloads } from "../model/model.js";

/** The parts of a contract that peers depend on: the values on the wire, without TypeScript types. */
export interface ContractSurface {
  /** The contract file, relative to the project. */
  readonly source: string;
  readonly members: Readonly<Record<string, MemberSurface>>;
  /** The JSON Schemas that the payloads refer to. */
  readonly definitions: Readonly<Record<string, JsonSchema>>;
}

/** A procedure or a topic. Errors are part of the procedures that declare them. */
export interface MemberSurface {
  readonly kind: "procedure" | "topic";
  readonly uri: string;
  readonly policy: Readonly<Record<string, unknown>>;
  readonly params: Readonly<Record<string, JsonSchema>>;
  readonly payloads: Payloads;
  /** By the code that callers see. */
  readonly errors: Readonly<Record<string, ErrorSurface>>;
}

export interface ErrorSurface {
  readonly uri: string;
  readonly data?: Payload;
}

/** Returns the surface of a contract, in an order that does not depend on the source. */
export function surfaceOf({ source, members, definitions }: ContractModel): ContractSurface {
  const entries = members.flatMap((member) =>
    member.kind === "error" ? [] : [[member.name, memberSurface(member)] as const],
  );
  return {
    source,
    members: sortedByName(Object.fromEntries(entries)),
    definitions: mapValues(definitions, withoutWords),
  };
}

function memberSurface(member: Exclude<MemberModel, { readonly kind: "error" }>): MemberSurface {
  const { kind, uri, policy, paramSchemas, payloads } = member;
  const errors = member.kind === "procedure" ? member.errors : [];
  return {
    kind,
    uri,
    policy: { ...policy },
    params: mapValues(paramSchemas, withoutWords),
    payloads: mapValues(payloads, payloadSurface),
    errors: Object.fromEntries(errors.map((error) => [error.code, errorSurface(error)])),
  };
}

function errorSurface({ uri, payloads }: ErrorReference): ErrorSurface {
  return { uri, ...(payloads.data && { data: payloadSurface(payloads.data) }) };
}

function payloadSurface({ schema, ...others }: Payload): Payload {
  return { schema: withoutWords(schema), ...others };
}

/** Changes of descriptions do not affect peers. */
function withoutWords(schema: JsonSchema): JsonSchema {
  const { title: _, description: __, examples: ___, deprecated: ____, readOnly: _____, ...rest } = schema;
  return mapParts(rest, withoutWords);
}
