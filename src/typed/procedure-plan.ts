import type { $ZodType } from "zod/v4/core";
import type { ErrorType, ProcedureDefinition } from "../contract/definition.js";
import { createMapper, type Mapper } from "../contract/mapper.js";
import { seenThrough } from "../contract/schema.js";
import { createTypedTemplate } from "../contract/template-params.js";
import type { TypedTemplate } from "../contract/uri-params.js";
import type { ValidateMode } from "../contract/validate-mode.js";
import { type PlannedChunks, planChunks } from "./sent-chunks.js";

/** The form of an input in TypeScript: none, one value, or a number of positional values. */
export type InputForm = "none" | "value" | number;

/** The settings of a procedure besides its schemas. */
export type Promises = Pick<
  ProcedureDefinition<string>,
  "deprecated" | "idempotent" | "timeoutMs" | "invoke" | "disclose"
>;

/** A procedure's definition, prepared for both ends. */
export interface ProcedurePlan {
  readonly uri: string;
  readonly definition: Promises;
  readonly template: TypedTemplate;
  readonly form: InputForm;
  readonly input: Mapper;
  readonly output: Mapper;
  readonly progress: Mapper | undefined;
  readonly chunks: PlannedChunks | undefined;
  readonly errors: ReadonlyMap<string, PlannedError>; // by the name that callers see as `code`
}

/** A declared error, prepared for both ends. */
export interface PlannedError {
  readonly name: string;
  readonly uri: string;
  readonly data: Mapper;
}

/** Throws `TypeError` for an invalid URI template. */
export function planProcedure(
  uri: string,
  definition: ProcedureDefinition<string>,
  validate: ValidateMode,
): ProcedurePlan {
  const { input, output, progress, chunks, wire, params, errors = {} } = definition;
  return {
    uri,
    definition,
    template: createTypedTemplate(uri, params),
    form: formOf(input),
    input: createMapper(input, { direction: "input", wire: wire?.input, validate }),
    output: createMapper(output, { direction: "output", wire: wire?.output, validate }),
    progress: progress && createMapper(progress, { direction: "output", wire: wire?.progress, validate }),
    chunks: chunks && planChunks(uri, createMapper(chunks, { direction: "input", wire: wire?.chunks, validate })),
    errors: new Map(Object.entries(errors).map(([name, error]) => [name, planError(name, { error, validate })])),
  };
}

function planError(name: string, { error, validate }: { error: ErrorType; validate: ValidateMode }): PlannedError {
  return { name, uri: error.uri, data: createMapper(error.data, { direction: "input", wire: undefined, validate }) };
}

/**
 * Returns the form of an input. A tuple of required items is positional. A tuple with optional items or a rest is passed as one
 * array.
 */
function formOf(input: $ZodType | undefined): InputForm {
  if (!input) return "none";
  const def = seenThrough(input)._zod.def as { type: string; items?: readonly $ZodType[]; rest?: $ZodType | null };
  if (def.type === "void" || def.type === "undefined") return "none";
  if (def.type !== "tuple" || !def.items || def.rest) return "value";
  return def.items.every((item) => item._zod.optin === undefined) ? def.items.length : "value";
}
