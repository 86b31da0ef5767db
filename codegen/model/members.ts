import type { WireMapping } from "../../src/contract/mapping.js";
import { parseTemplate } from "../../src/contract/params.js";
import type { JsonSchema } from "../json-schema.js";
import type { MemberDescription, ProcedureDescription, SchemaId } from "../loader/description.js";
import type { ModuleSource } from "../loader/source.js";
import { docOf } from "./docs.js";
import { type ErrorNames, errorKey } from "./errors.js";
import type { MemberDoc, MemberModel, Parameter, Payloads, ProcedureModel, Views } from "./model.js";
import type { ParamsModel } from "./params.js";
import type { PayloadBook } from "./payloads.js";
import { inputForm } from "./positional.js";
import { isOptionalOnWire, type Scope, typeOf } from "./resolve.js";
import { keyword } from "./type.js";

/** The context that the members of a contract refer to. */
export interface MemberContext {
  readonly scope: Scope;
  readonly source: ModuleSource;
  readonly errorNames: ErrorNames;
  readonly params: readonly ParamsModel[];
  readonly book: PayloadBook;
}

/** Returns the model of a member with all its types. */
export function modelMember(member: MemberDescription, context: MemberContext): MemberModel {
  const { name, uri, kind } = member;
  const { scope, errorNames } = context;
  switch (kind) {
    case "error": {
      const { description } = context.source.exports.get(name) ?? {};
      return {
        kind,
        name,
        uri,
        typeName: errorNames.get(errorKey({ code: name, identity: member.identity })) ?? "",
        doc: description === undefined ? {} : { description },
        payloads: payloadsOf({ data: member.data }, member.wire, context),
      };
    }
    case "procedure":
      return modelProcedure(member, context);
    case "topic":
      return {
        kind,
        ...addressOf(member, context),
        event: viewsOf(scope, member.event),
        policy: member.policy,
        payloads: payloadsOf({ event: member.event }, member.wire, context),
      };
  }
}

function modelProcedure(member: ProcedureDescription, context: MemberContext): ProcedureModel {
  const { kind, input, output, progress, chunks, errors } = member;
  const { scope, errorNames } = context;
  return {
    kind,
    ...addressOf(member, context),
    input: parametersOf(input, scope),
    output: viewsOf(scope, output),
    returns: output === undefined ? undefined : docOf(scope.schemas, output).description,
    progress: progress === undefined ? undefined : viewsOf(scope, progress),
    chunks: chunks === undefined ? undefined : viewsOf(scope, chunks),
    errors: errors.map(({ code, identity, uri, data, wire }) => {
      const typeName = errorNames.get(errorKey({ code, identity })) ?? "";
      return {
        code,
        typeName,
        uri,
        data: typeOf(scope, data, "sender"),
        payloads: payloadsOf({ data }, wire, context),
      };
    }),
    policy: member.policy,
    payloads: payloadsOf({ input, output, progress, chunks }, member.wire, context),
  };
}

type Addressed = Exclude<MemberDescription, { kind: "error" }>;

/** Returns the parts that procedures and topics have in common. */
function addressOf(
  member: Addressed,
  context: MemberContext,
): Pick<ProcedureModel, "name" | "uri" | "doc" | "params" | "paramSchemas"> {
  const { name, uri } = member;
  return {
    name,
    uri,
    doc: docOfMember(member, context),
    params: context.params.find((params) => params.member === name),
    paramSchemas: paramSchemasOf(member, context),
  };
}

function payloadsOf(
  parts: Readonly<Record<string, SchemaId | undefined>>,
  wire: Readonly<Record<string, WireMapping>>,
  { book, scope }: MemberContext,
): Payloads {
  const entries = Object.entries(parts).flatMap(([part, id]) => {
    const mapping = wire[part];
    if (id === undefined || mapping === undefined || mapping === "empty") return []; // `z.void()` has no value
    const optional = isOptionalOnWire(scope, id) && { optional: true as const };
    return [[part, { schema: book.schemaOf(id), wire: mapping, ...optional }] as const];
  });
  return Object.fromEntries(entries);
}

function paramSchemasOf({ uri, params }: Addressed, { book }: MemberContext): Readonly<Record<string, JsonSchema>> {
  const entries = parseTemplate(uri).names.map((name) => {
    const id = params.find((param) => param.name === name)?.schema;
    return [name, id === undefined ? { type: "string" } : book.schemaOf(id)] as const;
  });
  return Object.fromEntries(entries);
}

function parametersOf(input: SchemaId | undefined, scope: Scope): readonly Parameter[] {
  const form = inputForm(scope.schemas, input);
  if (form === "none" || input === undefined) return [];
  if (form === "value") return [{ name: "input", type: viewsOf(scope, input), description: undefined, isWhole: true }];
  return form.map(({ name, schema }) => {
    const { description } = docOf(scope.schemas, schema);
    return { name, type: viewsOf(scope, schema), description, isWhole: false };
  });
}

/** Returns `void` for both sides if there is no schema. */
function viewsOf(scope: Scope, schema: SchemaId | undefined): Views {
  if (schema === undefined) return { receiver: keyword("void"), sender: keyword("void") };
  return { receiver: typeOf(scope, schema, "receiver"), sender: typeOf(scope, schema, "sender") };
}

/** Returns the author's doc comment, or else the contract's own description. */
function docOfMember({ name, summary, deprecated }: Addressed, { source }: MemberContext): MemberDoc {
  const { description = summary, tags } = source.exports.get(name) ?? {};
  return {
    ...(description !== undefined && { description }),
    ...(tags !== undefined && { tags }),
    ...(deprecated !== undefined && { deprecated }),
  };
}
