import type { BridgeContext, RealmRequest } from "./context.js";
import { publishOptions } from "./request-options.js";

/** Answers `POST …/publish/<topic>` when the broker has accepted the event. Rejects with the broker's error. */
export async function answerPublication(request: RealmRequest, context: BridgeContext): Promise<void> {
  const { exchange, uri, signal } = request;
  const body = await context.body(exchange);
  if (!body) return;
  const options = publishOptions(body.options);
  const { peer, release } = await context.sessions.lease(request);
  try {
    const { args, kwargs } = body;
    const timeoutMs = context.settings.callTimeoutMs;
    const { publication } = await peer.publish(uri, args, kwargs, { ...options, signal, timeoutMs, acknowledge: true });
    exchange.reply({
      status: 200,
      headers: { "content-type": "application/json" },
      body: `${JSON.stringify({ publication })}\n`,
    });
  } catch (error) {
    if (!signal.aborted) throw error; // nobody is left to answer
  } finally {
    release();
  }
}
