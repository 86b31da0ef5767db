import { callStackAbove } from "#call-stack";
import { invalidInput } from "../contract/errors.js";
import type { ParamValues } from "../contract/uri-params.js";
import type { Call } from "../peer/call.js";
import type { CallerPeer, CallOptions, UntypedCallOptions } from "../peer/types.js";
import { type FailedCall, isError } from "../wire/call-failure.js";
import { type DeclaredError, mappingOf, type TypedCallMapping } from "./call-mapping.js";
import { deprecation } from "./deprecation.js";
import type { Layers } from "./layers.js";
import { describeMember } from "./member-info.js";
import type { ProcedurePlan } from "./procedure-plan.js";
import type { ClientOptions } from "./types.js";

/** A procedure of a client, with the settings of the client. */
export interface ProcedureMember {
  /** Its name in the contract. */
  readonly name: string;
  readonly plan: ProcedurePlan;
  readonly options: ClientOptions;
  /** Runs the middleware of the options. Without it there is none. */
  readonly layers: Layers | undefined;
}

/** The parsed arguments of a typed call. */
interface GivenCall {
  readonly params: ParamValues;
  readonly input: unknown;
  readonly options: UntypedCallOptions;
}

/** The method of a procedure, with its guard for errors. */
interface ProcedureMethod {
  (...given: unknown[]): Call<unknown, unknown, DeclaredError>;
  isError(error: unknown, code?: string): error is FailedCall;
}

/**
 * Creates the method of a procedure. Its arguments are parameters if the URI has any, the input in its form, chunks, then
 * options.
 */
export function createProcedureMethod(peer: CallerPeer, member: ProcedureMember): ProcedureMethod {
  const { name, plan, options, layers } = member;
  const { use = [] } = options;
  const mapping = mappingOf(plan);
  const { deprecated } = plan.definition;
  const { onDeprecated } = options;
  const warn = deprecation({ what: `${name} (${plan.uri})`, deprecated, onDeprecated, onError: peer.onError });
  const callStacks = options.callStacks ?? peer.callStacks;
  const method = (...list: unknown[]): Call<unknown, unknown, DeclaredError> => {
    const callStack = callStacks ? callStackAbove(method) : undefined;
    warn();
    const given = readGiven(list, member);
    const { input } = given;
    const uri = filled(plan, given.params);
    if (!uri.ok) {
      const refusal = refusing(mapping, uri.error);
      return peer.callMapped(refusal, { procedure: plan.uri, input, options: given.options, callStack });
    }
    const procedure = uri.value;
    if (use.length === 0 || !layers)
      return peer.callMapped(mapping, { procedure, input, options: given.options, callStack });
    return layers.call(peer, use, { ...given, name, plan, procedure, mapping, callStack });
  };
  const withGuard = Object.assign(method, {
    isError: (error: unknown, code?: string): error is FailedCall =>
      isError(error, code) && (error.procedure === plan.uri || plan.template.read(error.procedure) !== undefined),
  });
  return describeMember(withGuard, { uri: plan.uri, leading: leadingArguments(plan) });
}

/** Returns the number of arguments before the options. */
function leadingArguments({ template, form, chunks }: ProcedurePlan): number {
  const inputs = form === "none" ? 0 : form === "value" ? 1 : form;
  return (template.template.names.length > 0 ? 1 : 0) + inputs + (chunks ? 1 : 0);
}

function readGiven(list: unknown[], { plan, options }: ProcedureMember): GivenCall {
  const hasParams = plan.template.template.names.length > 0;
  const params = hasParams ? (list.shift() as ParamValues | undefined) : undefined;
  const input = plan.form === "none" ? undefined : plan.form === "value" ? list.shift() : list.splice(0, plan.form);
  const chunks = plan.chunks?.send(list.shift());
  const own = withDefaults((list.shift() ?? {}) as CallOptions, plan, options);
  return { params: params ?? {}, input, options: chunks ? { ...own, chunks } : own };
}

function withDefaults(
  given: CallOptions,
  { definition, progress }: ProcedurePlan,
  options: ClientOptions,
): UntypedCallOptions {
  const timeoutMs = given.timeoutMs ?? options.timeoutMs ?? definition.timeoutMs;
  const disclose = given.disclose ?? definition.disclose;
  const offline = given.offline ?? options.offline;
  if (timeoutMs === given.timeoutMs && disclose === given.disclose && offline === given.offline && !progress)
    return given;
  return {
    ...given,
    ...(offline !== undefined && { offline }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(disclose !== undefined && { disclose }),
    ...(progress && { receiveProgress: true }),
  };
}

/** Returns the URI, or the failure of the call, including an exception from a schema. Throws `TypeError` for misuse. */
function filled({ uri, template }: ProcedurePlan, params: ParamValues) {
  try {
    const found = template.fill(params);
    return found.ok ? found : { ok: false as const, error: invalidInput(`${uri} params`, found.issues) };
  } catch (error) {
    if (error instanceof TypeError) throw error;
    return { ok: false as const, error };
  }
}

function refusing(mapping: TypedCallMapping, error: unknown): TypedCallMapping {
  return {
    ...mapping,
    arguments() {
      throw error;
    },
  };
}
