import { invalidInput, invalidOutput } from "../contract/errors.js";
import { type Mapped, type Mapper, whenReady } from "../contract/mapper.js";
import type { WireArguments } from "../contract/mapping.js";
import type { Outcome } from "../contract/validate.js";
import { type Call, PendingCall } from "../peer/call.js";
import { type CallFailure, failureOf } from "../peer/failures.js";
import { canceled } from "../peer/limits.js";
import type { CallOptions, Peer, WampResult } from "../peer/types.js";
import { isWampError, type WampError } from "../wire/error.js";
import type { CancelMode } from "../wire/options.js";
import { type CallMapping, MappedCall } from "./mapped-call.js";
import type { ProcedurePlan } from "./procedure-plan.js";
import type { ClientOptions } from "./types.js";

/** What a declared error looks like to a caller. */
export interface DeclaredError {
  readonly code: string;
  readonly uri: string;
  readonly data: unknown;
}

type UntypedCall = Call<WampResult, WampResult>;

/** The method of a procedure: parameters where the URI has them, the input in its form, then options. */
export function createProcedureMethod(
  peer: Peer,
  plan: ProcedurePlan,
  options: ClientOptions,
): (...given: unknown[]) => MappedCall<DeclaredError> {
  const mapping = mappingOf(plan);
  const hasParams = plan.template.template.names.length > 0;
  return (...given) => {
    const params = hasParams ? (given.shift() as Readonly<Record<string, unknown>> | undefined) : undefined;
    const input = plan.form === "none" ? undefined : plan.form === "value" ? given.shift() : given.splice(0, plan.form);
    const callOptions = withDefaults((given.shift() ?? {}) as CallOptions, plan, options);
    const uri = plan.template.fill(params ?? {});
    const inner = uri.ok
      ? callWith(peer, plan.input.send(input), (mapped) =>
          startCall(peer, { plan, uri: uri.value, mapped, options: callOptions }),
        )
      : failedCall(peer, invalidInput(`${plan.uri} params`, uri.issues));
    return new MappedCall(inner, mapping);
  };
}

function withDefaults(
  given: CallOptions,
  { definition, progress }: ProcedurePlan,
  options: ClientOptions,
): CallOptions {
  const timeoutMs = given.timeoutMs ?? options.timeoutMs ?? definition.timeoutMs;
  const disclose = given.disclose ?? definition.disclose;
  return {
    ...given,
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(disclose !== undefined && { disclose }),
    ...(progress && { receiveProgress: true }),
  };
}

function startCall(
  peer: Peer,
  { plan, uri, mapped, options }: { plan: ProcedurePlan; uri: string; mapped: Mapped; options: CallOptions },
): UntypedCall {
  if (!mapped.ok) return failedCall(peer, invalidInput(`${plan.uri} input`, mapped.issues));
  return peer.call(uri, mapped.value.args, mapped.value.kwargs, options);
}

/** Calls at once, or, where a schema is asynchronous, when the input is ready. */
function callWith(peer: Peer, mapped: Mapped | Promise<Mapped>, start: (mapped: Mapped) => UntypedCall): UntypedCall {
  if (!(mapped instanceof Promise)) return start(mapped);
  let givenUp = false;
  let cancel: (mode?: CancelMode) => void = () => {
    givenUp = true; // before the CALL was sent
    call.fail(canceled());
  };
  const call = new PendingCall<WampResult, WampResult>({ cancel: (mode) => cancel(mode), onUnseen: peer.onError });
  const pump = async () => {
    const ready = await mapped;
    if (givenUp) return;
    const inner = start(ready);
    cancel = (mode) => inner.cancel(mode);
    for await (const value of inner) call.progress(value);
    call.succeed(await inner);
  };
  pump().catch((error: unknown) => call.fail(error));
  return call;
}

function failedCall(peer: Peer, error: WampError): UntypedCall {
  const call = new PendingCall<WampResult, WampResult>({ cancel: () => {}, onUnseen: peer.onError });
  call.fail(error);
  return call;
}

function mappingOf(plan: ProcedurePlan): CallMapping<DeclaredError> {
  return {
    result: (value) => received(plan.output, { value, what: `${plan.uri} output` }),
    progress: (value) => plan.progress && received(plan.progress, { value, what: `${plan.uri} progress` }),
    failure: (error) => tellApart(plan, error),
  };
}

function received(mapper: Mapper, { value, what }: { readonly value: WireArguments; readonly what: string }): unknown {
  return whenReady(mapper.receive(value), (outcome: Outcome) => {
    if (outcome.ok) return outcome.value;
    throw invalidOutput(what, outcome.issues);
  });
}

/** A declared error by its URI, when its data fits; else the codes every call can fail with. */
async function tellApart(plan: ProcedurePlan, error: unknown): Promise<CallFailure | DeclaredError> {
  if (isWampError(error)) {
    for (const { name, uri, data } of plan.errors.values()) {
      if (uri !== error.uri) continue;
      const outcome = await data.receive(error);
      if (outcome.ok) return { code: name, uri, data: outcome.value };
    }
  }
  return failureOf(error);
}
