import { parseTemplate } from "../../src/contract/params.js";
import type { MemberDescription } from "../loader/description.js";
import { docOf } from "./docs.js";
import type { Declaration, Views } from "./model.js";
import { type NameTable, typeNamesOf } from "./names.js";
import { type Scope, typeOf, type View } from "./resolve.js";
import { isSame, keyword, type Property, type Type } from "./type.js";

/** The parameters of one member's URI. */
export interface ParamsModel extends Views {
  readonly member: string;
  readonly declarations: readonly Declaration[];
}

/** Names the parameters' types by member: `CancelOrderParams`, and `…ParamsInit` if senders have a different type. */
export function nameParams(
  members: readonly MemberDescription[],
  table: NameTable,
): ReadonlyMap<string, Readonly<Record<View, string>>> {
  const typeNames = typeNamesOf(members);
  return new Map(
    members.filter(hasParams).map(({ name }) => {
      const receiver = table.claimFree(`${typeNames.get(name)}Params`);
      return [name, { receiver, sender: table.claimFree(`${receiver}Init`) }];
    }),
  );
}

/** Declares the parameters of every member that has any. A parameter without a schema is a string. */
export function declareParams(
  members: readonly MemberDescription[],
  { scope, names }: { readonly scope: Scope; readonly names: ReturnType<typeof nameParams> },
): readonly ParamsModel[] {
  return members.filter(hasParams).map((member): ParamsModel => {
    const { receiver = "", sender = "" } = names.get(member.name) ?? {};
    const doc = { description: `Parameters in the URI of \`${member.name}\`.` };
    const received = { name: receiver, type: objectOf(member, { scope, view: "receiver" }), doc };
    const sent = { name: sender, type: objectOf(member, { scope, view: "sender" }), doc };
    const same = isSame(received.type, sent.type);
    return {
      member: member.name,
      receiver: { kind: "reference", name: receiver },
      sender: { kind: "reference", name: same ? receiver : sender },
      declarations: same ? [received] : [received, sent],
    };
  });
}

type Parameterized = Exclude<MemberDescription, { kind: "error" }>;

function hasParams(member: MemberDescription): member is Parameterized {
  return member.kind !== "error" && parseTemplate(member.uri).names.length > 0;
}

function objectOf(member: Parameterized, { scope, view }: { readonly scope: Scope; readonly view: View }): Type {
  const properties = parseTemplate(member.uri).names.map((name): Property => {
    const schema = member.params.find((param) => param.name === name)?.schema;
    return {
      name,
      type: schema === undefined ? keyword("string") : typeOf(scope, schema, view),
      optional: false,
      readonly: false,
      doc: schema === undefined ? {} : docOf(scope.schemas, schema),
    };
  });
  return { kind: "object", properties };
}
