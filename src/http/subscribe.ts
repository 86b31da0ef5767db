import type { WampEvent } from "../peer/types.js";
import type { BridgeContext, RealmRequest } from "./context.js";
import { payloadText } from "./payload.js";
import { subscribeOptions } from "./request-options.js";

/**
 * Answers `GET …/subscribe/<topic>` with a stream of events. The stream has its own session, which ends with it. Rejects with the
 * error of the subscription.
 */
export async function answerSubscription(request: RealmRequest, context: BridgeContext): Promise<void> {
  const { exchange, uri, signal } = request;
  const options = subscribeOptions(exchange.query);
  const lease = await context.sessions.stream(request);
  const { peer, transport } = lease;
  try {
    if (signal.aborted) return;
    const stream = context.stream(exchange, (why) => transport.cut(why, "slow"));
    transport.unsent = stream;
    const ended = new Promise<string | undefined>((resolve) => {
      peer.on("state", (state, reason) => state === "closed" && resolve(reason ?? "closed"));
      peer.on("lost", ({ error }) => resolve(error.message));
      signal.addEventListener("abort", () => resolve(undefined));
    });
    const timeoutMs = context.settings.callTimeoutMs;
    await peer.subscribe(uri, (event) => stream.send({ id: event.publication, data: eventText(event) }), {
      ...options,
      signal,
      timeoutMs,
    });
    stream.open();
    const reason = await ended;
    if (reason !== undefined) stream.end({ event: "end", data: JSON.stringify({ reason }) });
  } catch (error) {
    if (!signal.aborted) throw error; // nobody is left to answer
  } finally {
    lease.release();
  }
}

function eventText({ topic, publication, publisher, details, args, kwargs }: WampEvent): string {
  const head = { topic, publication, ...(publisher && { publisher }), ...(details.retained && { retained: true }) };
  return payloadText({ args, kwargs }, head);
}
