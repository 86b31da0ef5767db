import { invalidInput, invalidOutput } from "../contract/errors.js";
import { type Mapper, whenReady } from "../contract/mapper.js";
import type { WireArguments } from "../contract/mapping.js";
import type { CallMapping } from "../peer/types.js";
import { type CallFailure, failureOf } from "../wire/call-failure.js";
import { isWampError } from "../wire/error.js";
import type { PlannedError, ProcedurePlan } from "./procedure-plan.js";

/** A declared error, as a caller gets it from `safe()`. */
export interface DeclaredError {
  readonly code: string;
  readonly uri: string;
  readonly data: unknown;
}

export type TypedCallMapping = CallMapping<unknown, unknown, unknown, DeclaredError>;

/** The mapping of calls by the contract of a procedure. Made once for each member of a client. */
export function mappingOf(plan: ProcedurePlan): TypedCallMapping {
  const { uri, input, output, progress, chunks, definition } = plan;
  const errors = [...plan.errors.values()];
  return {
    idempotent: definition.idempotent === true && !chunks, // chunks that were read cannot be sent again
    arguments: (value) => encoded(input, value, `${uri} input`),
    result: (value) => decoded(output, value, `${uri} output`),
    progress: (value) => progress && decoded(progress, value, `${uri} progress`),
    failure: (error) => tellApart(errors, error),
  };
}

/** A value as it travels. Throws `wamp.error.invalid_argument` for one that does not fit. */
export function encoded(mapper: Mapper, value: unknown, what: string): WireArguments | Promise<WireArguments> {
  return whenReady(mapper.send(value), (mapped) => {
    if (mapped.ok) return mapped.value;
    throw invalidInput(what, mapped.issues);
  });
}

function decoded(mapper: Mapper, value: WireArguments, what: string): unknown {
  return whenReady(mapper.receive(value), (outcome) => {
    if (outcome.ok) return outcome.value;
    throw invalidOutput(what, outcome.issues);
  });
}

/** A declared error by its URI, when its data fits; else the codes every call can fail with. */
async function tellApart(errors: readonly PlannedError[], error: unknown): Promise<CallFailure | DeclaredError> {
  if (isWampError(error)) {
    for (const { name, uri, data } of errors) {
      if (uri !== error.uri) continue;
      const outcome = await data.receive(error);
      if (outcome.ok) return { code: name, uri, data: outcome.value };
    }
  }
  return failureOf(error);
}
