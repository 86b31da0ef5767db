import type { JsonSchema } from "../json-schema.js";
import type { JoinedContracts } from "../model/join.js";
import type { MemberModel } from "../model/model.js";
import { GENERATED } from "./header.js";

/**
 * Prints `payloads.schema.json`: one JSON Schema document with a definition for each payload, such as `com.app.add2.input`, and
 * for each named type in the payloads.
 */
export function printJsonSchema({ contracts, definitions }: JoinedContracts): string {
  const payloads = contracts.flatMap(({ members }) => members.flatMap(payloadsOf));
  const document = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $comment: `${GENERATED} docs. Payloads on the wire, by URI and part.`,
    $defs: { ...Object.fromEntries(payloads), ...definitions },
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function payloadsOf(member: MemberModel): readonly (readonly [name: string, schema: JsonSchema])[] {
  const own = Object.entries(member.payloads).map(([part, { schema }]) => [`${member.uri}.${part}`, schema] as const);
  if (member.kind !== "procedure") return own;
  const errors = member.errors.flatMap(({ uri, payloads }) =>
    payloads.data ? [[`${uri}.data`, payloads.data.schema] as const] : [],
  );
  return [...own, ...errors];
}
