import { WampError } from "../wire/error.js";
import type * as m from "../wire/messages.js";
import { type CancelMode, type Passthru, toWireOptions } from "../wire/options.js";
import { Payload } from "../wire/payload.js";
import { FEATURE_NOT_SUPPORTED } from "../wire/uris.js";
import type { PendingCall } from "./call.js";
import type { ClientSession } from "./client-session.js";
import { canceled, checkLimits, timedOut } from "./limits.js";
import { noPassthru } from "./payload-schemes.js";
import type { Chunk, UntypedCallOptions, WampResult } from "./types.js";

/** A call to be sent. */
export interface OutgoingCall {
  readonly session: ClientSession;
  readonly procedure: string;
  readonly payload: Payload;
  readonly options: UntypedCallOptions;
}

const CALL_OPTIONS: readonly string[] = ["timeoutMs", "receiveProgress", "disclose", "resourceKey"];

/** Sends a CALL and settles `call` by what comes of it. Returns what cancels it. Throws what kept it from being sent. */
export function startCall(
  call: PendingCall<WampResult, WampResult>,
  { session, procedure, payload, options }: OutgoingCall,
): (mode?: CancelMode) => void {
  checkLimits(options);
  const { signal, timeoutMs = 0, cancelMode = "killnowait", cancelTimeoutMs = 5_000, chunks } = options;
  if (signal?.aborted) throw canceled();
  if (chunks && !session.announces("dealer", "progressive_call_invocations")) throw noChunks();
  const packing = options.passthru ?? session.schemes.packing(procedure);
  if (packing && !session.announces("dealer", "payload_passthru_mode")) throw noPassthru();
  const packed = session.schemes.pack(payload, packing);

  let stopTimer = () => {};
  const restartTimer = (limitMs: number, onTime: () => void) => {
    stopTimer();
    stopTimer = limitMs > 0 ? session.clock.after(limitMs, onTime) : () => {};
  };
  const done = () => {
    stopTimer();
    signal?.removeEventListener("abort", onAbort);
  };
  const giveUp = (error: unknown) => {
    done();
    session.forget(request);
    call.fail(error);
  };
  /** False where the router could not do anything about it. */
  const sendCancel = (mode: CancelMode): boolean =>
    session.announces("dealer", "call_canceling") && session.send({ type: "CANCEL", request, options: { mode } });
  const cancel = (mode: CancelMode = cancelMode) => {
    if (sendCancel(mode) && mode === "kill") restartTimer(cancelTimeoutMs, () => giveUp(canceled()));
    else giveUp(canceled());
  };
  const onAbort = () => cancel();
  const onTimeout = () => {
    sendCancel("killnowait");
    giveUp(timedOut(timeoutMs));
  };

  const wire: m.Call["options"] = {
    ...toWireOptions(options, CALL_OPTIONS),
    ...(options.resourceKey !== undefined && { runmode: "partition" }),
    ...(chunks && { progress: true }),
    ...packed.keys,
  };
  const build = (id: number): m.Call => ({
    type: "CALL",
    request: id,
    options: wire,
    procedure,
    payload: packed.payload,
  });
  /** The values of an answer. One that cannot be read ends the call. */
  const readAnswer = ({ payload, details }: m.Result): WampResult | undefined => {
    try {
      const { args, kwargs } = session.schemes.unpack(payload, details, procedure);
      return { args, kwargs, details: { ...details } };
    } catch (error) {
      if (details.progress) sendCancel("killnowait");
      giveUp(error);
      return undefined;
    }
  };
  const request = session.request(build, {
    requestType: "CALL",
    procedure,
    answer: "RESULT",
    settle(answer) {
      if (answer.type !== "RESULT") return; // `ClientSession` has compared the types
      const value = readAnswer(answer);
      if (!value) return;
      if (answer.details.progress) {
        restartTimer(timeoutMs, onTimeout); // with progress, the limit is on the gap between answers
        call.progress(value);
      } else {
        done();
        call.succeed(value);
      }
    },
    fail(error) {
      done();
      call.fail(error);
    },
  });
  signal?.addEventListener("abort", onAbort);
  restartTimer(timeoutMs, onTimeout);
  if (chunks) {
    sendChunks(chunks, { session, request, procedure, packing }).catch((error: unknown) => {
      sendCancel("killnowait");
      giveUp(error);
    });
  }
  return cancel;
}

/** Sends chunks as they come, then the word that there are no more. Stops when the call is over. */
async function sendChunks(
  chunks: AsyncIterable<Chunk>,
  {
    session,
    request,
    procedure,
    packing,
  }: {
    readonly session: ClientSession;
    readonly request: number;
    readonly procedure: string;
    readonly packing: Passthru | undefined;
  },
): Promise<void> {
  const send = (payload: Payload, options: m.Call["options"]) =>
    session.continue(request, { type: "CALL", request, options, procedure, payload });
  for await (const { args, kwargs } of chunks) {
    const packed = session.schemes.pack(Payload.of(args, kwargs), packing);
    if (!send(packed.payload, { progress: true, ...packed.keys })) return;
  }
  send(Payload.EMPTY, {});
}

function noChunks(): WampError {
  return new WampError(FEATURE_NOT_SUPPORTED, { args: ["the router has not announced progressive_call_invocations"] });
}
