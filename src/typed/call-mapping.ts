import { invalidInput, invalidOutput } from "../contract/errors.js";
import type { Mapper } from "../contract/mapper.js";
import type { WireArguments } from "../contract/mapping.js";
import type { Outcome } from "../contract/validate.js";
import { whenReady } from "../contract/when-ready.js";
import type { CallMapping } from "../peer/types.js";
import { failed, failureOf, isError } from "../wire/call-failure.js";
import { isWampError } from "../wire/error.js";
import type { Issue } from "../wire/issue.js";
import { encoded } from "./encoded.js";
import type { PlannedError, ProcedurePlan } from "./procedure-plan.js";

/** A declared error, as `safe()` returns it to a caller. */
export interface DeclaredError {
  readonly code: string;
  readonly uri: string;
  readonly data: unknown;
}

export type TypedCallMapping = CallMapping<unknown, unknown, unknown>;

/** Returns the mapping of calls by a procedure's contract. Created once for each member of a client. */
export function mappingOf(plan: ProcedurePlan): TypedCallMapping {
  const { uri, input, output, progress, chunks, definition } = plan;
  const errors = [...plan.errors.values()];
  return {
    idempotent: definition.idempotent === true && !chunks, // chunks that were read cannot be sent again
    arguments: (value) => encoded(input, value, `${uri} input`),
    result: (value) => decoded(output, value, `${uri} output`),
    progress: (value) => progress && decoded(progress, value, `${uri} progress`),
    failure: (error, procedure) => tellApart(errors, error, procedure),
    unsent: (error) => (error instanceof TypeError ? invalidInput(`${uri} input`, [untransportable(error)]) : error),
  };
}

/** Returns the issue for a value that the schema accepts but no message can contain, such as a Map under `z.unknown()`. */
function untransportable({ message }: TypeError): Issue {
  return { path: [], code: "custom", message };
}

function decoded(mapper: Mapper, value: WireArguments, what: string): unknown {
  return whenReady(mapper.receive(value), (outcome) => {
    if (outcome.ok) return outcome.value;
    throw invalidOutput(what, outcome.issues);
  });
}

/** Returns a declared error by its URI if its data matches, otherwise one of the codes that every call can fail with. */
function tellApart(errors: readonly PlannedError[], error: unknown, procedure: string): unknown {
  const declared = isWampError(error) && errors.find(({ uri }) => uri === error.uri);
  if (!declared || (isError(error) && error.procedure === procedure)) return failureOf(error, procedure);
  const told = (outcome: Outcome) =>
    outcome.ok ? failed(error, procedure, { code: declared.name, data: outcome.value }) : failureOf(error, procedure);
  try {
    const outcome = declared.data.receive(error);
    return outcome instanceof Promise ? outcome.then(told, () => failureOf(error, procedure)) : told(outcome);
  } catch {
    return failureOf(error, procedure); // a check of the schema threw, so the data does not match
  }
}
