import type { Call } from "../peer/call.js";
import type { WampResult } from "../peer/types.js";
import { isWampError } from "../wire/error.js";
import type { BridgeContext, RealmRequest } from "./context.js";
import type { EventStream } from "./event-stream.js";
import { failureText } from "./failure.js";
import { payloadText } from "./payload.js";
import { callOptions } from "./request-options.js";

/**
 * Answers `POST …/call/<procedure>` with the result, or with a stream of progress that the result ends. Rejects with the error of
 * the call.
 */
export async function answerCall(request: RealmRequest, context: BridgeContext): Promise<void> {
  const { exchange, uri, signal } = request;
  const body = await context.body(exchange);
  if (!body) return;
  const { timeoutMs = 0, ...options } = callOptions(body.options);
  const { callTimeoutMs } = context.settings;
  const limits = { signal, timeoutMs: timeoutMs === 0 ? callTimeoutMs : Math.min(timeoutMs, callTimeoutMs) };
  const { peer, release } = await context.sessions.lease(request);
  try {
    if (signal.aborted) return;
    const receiveProgress = wantsStream(exchange.request.headers.accept);
    const call = peer.call(uri, body.args, body.kwargs, { ...options, ...limits, receiveProgress });
    if (receiveProgress) await streamCall(call, request, context);
    else
      exchange.reply({
        status: 200,
        headers: { "content-type": "application/json" },
        body: `${payloadText(await call)}\n`,
      });
  } catch (error) {
    if (!signal.aborted) throw error; // nobody is left to answer
  } finally {
    release();
  }
}

/** Answers with a stream that starts at the first progress. A call that fails before is answered like any other. */
async function streamCall(
  call: Call<WampResult, WampResult>,
  { exchange }: RealmRequest,
  context: BridgeContext,
): Promise<void> {
  const { host } = context;
  let stream: EventStream | undefined;
  const open = () => {
    const opened = context.stream(exchange, (why) => host.router.refused(exchange.info, why, "http_slow"));
    opened.open();
    return opened;
  };
  try {
    for await (const progress of call) {
      stream ??= open();
      stream.send({ event: "progress", data: payloadText(progress) });
    }
    const data = payloadText(await call);
    stream ??= open();
    stream.end({ event: "result", data });
  } catch (error) {
    if (!stream || !isWampError(error)) throw error;
    stream.end({ event: "error", data: failureText(error) });
  }
}

function wantsStream(accept: string | undefined): boolean {
  return /(?:^|,)\s*text\/event-stream\s*(?:;|,|$)/i.test(accept ?? "");
}
