import { invalidInput, invalidOutput } from "../contract/errors.js";
import { type Mapped, then } from "../contract/mapper.js";
import type { Outcome } from "../contract/validate.js";
import { PendingCall } from "../peer/call.js";
import { type CallFailure, failureOf } from "../peer/failures.js";
import { canceled } from "../peer/limits.js";
import type { CallOptions, Peer, WampResult } from "../peer/types.js";
import { isWampError } from "../wire/error.js";
import type { CancelMode } from "../wire/options.js";
import type { ProcedurePlan } from "./procedure-plan.js";
import type { ClientOptions } from "./types.js";

/** What a declared error looks like to a caller. */
export interface DeclaredError {
  readonly code: string;
  readonly uri: string;
  readonly data: unknown;
}

type TypedCall = PendingCall<unknown, unknown, DeclaredError>;

/** The method of a procedure: parameters where the URI has them, the input in its form, then options. */
export function createProcedureMethod(peer: Peer, plan: ProcedurePlan, options: ClientOptions) {
  return (...given: unknown[]): TypedCall => {
    const params = plan.template.template.names.length > 0 ? (given.shift() as Readonly<Record<string, unknown>>) : {};
    const input = plan.form === "none" ? undefined : plan.form === "value" ? given.shift() : given.splice(0, plan.form);
    const callOptions = (given.shift() ?? {}) as CallOptions;
    let cancelInner: (mode?: CancelMode) => void = () => call.fail(canceled()); // until the CALL is sent
    const call: TypedCall = new PendingCall({
      cancel: (mode) => cancelInner(mode),
      failureOf: (error) => tellApart(plan, error),
      onUnseen: peer.onError,
    });
    const uri = plan.template.fill(params ?? {});
    if (!uri.ok) {
      call.fail(invalidInput(`${plan.uri} params`, uri.issues));
      return call;
    }
    const start = (mapped: Mapped) => {
      if (call.settled) return;
      if (mapped.ok)
        cancelInner = startCall(call, {
          peer,
          plan,
          uri: uri.value,
          mapped,
          options: withDefaults(callOptions, plan, options),
        });
      else call.fail(invalidInput(`${plan.uri} input`, mapped.issues));
    };
    const mapped = plan.input.send(input);
    if (mapped instanceof Promise) mapped.then(start).catch((error: unknown) => call.fail(error));
    else start(mapped);
    return call;
  };
}

function withDefaults(given: CallOptions, { definition }: ProcedurePlan, options: ClientOptions): CallOptions {
  const timeoutMs = given.timeoutMs ?? options.timeoutMs ?? definition.timeoutMs;
  const disclose = given.disclose ?? definition.disclose;
  return { ...given, ...(timeoutMs !== undefined && { timeoutMs }), ...(disclose !== undefined && { disclose }) };
}

/** Sends the CALL and passes on what comes back, decoded. Returns what cancels it. */
function startCall(
  call: TypedCall,
  {
    peer,
    plan,
    uri,
    mapped,
    options,
  }: { peer: Peer; plan: ProcedurePlan; uri: string; mapped: Mapped & { ok: true }; options: CallOptions },
): (mode?: CancelMode) => void {
  const { args, kwargs } = mapped.value;
  const inner = peer.call(uri, args, kwargs, plan.progress ? { ...options, receiveProgress: true } : options);
  const succeed = (value: WampResult) =>
    void settle(plan.output.receive(value), {
      ok: (output) => call.succeed(output),
      fail: (error) => call.fail(error),
      what: `${plan.uri} output`,
    });
  if (plan.progress) void passProgress(call, { inner, plan });
  inner.result.then(succeed, (error: unknown) => call.fail(error));
  return (mode) => inner.cancel(mode);
}

async function passProgress(
  call: TypedCall,
  { inner, plan }: { inner: AsyncIterable<WampResult>; plan: ProcedurePlan },
): Promise<void> {
  try {
    for await (const value of inner) {
      const outcome = await plan.progress?.receive(value);
      if (outcome?.ok) call.progress(outcome.value);
      else if (outcome) return call.fail(invalidOutput(`${plan.uri} progress`, outcome.issues)); // leaving the loop cancels the call
    }
  } catch (error) {
    call.fail(error); // the first outcome counts: where the result came first, this changes nothing
  }
}

function settle(
  outcome: Outcome | Promise<Outcome>,
  to: { readonly ok: (value: unknown) => void; readonly fail: (error: unknown) => void; readonly what: string },
): void {
  const take = (done: Outcome) => (done.ok ? to.ok(done.value) : to.fail(invalidOutput(to.what, done.issues)));
  const taken = then(outcome, take);
  if (taken instanceof Promise) taken.catch(to.fail);
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
