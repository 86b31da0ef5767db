/** Spans that are exported into memory, for tests: a provider of its own for each test, and a context manager for its process. */
import { context, type SpanKind, type TracerProvider } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { expect } from "vitest";
import type { Finish } from "./peers.js";

export interface Recorded {
  readonly tracerProvider: TracerProvider;
  /** The spans that have ended, in that order. */
  ended(): readonly ReadableSpan[];
  /** The only span of this name and kind that has ended. */
  one(name: string, kind: SpanKind): ReadableSpan;
  /** Resolves when so many spans have ended. */
  until(count: number): Promise<void>;
}

/** Records all spans of a test. Without `manages` nothing is active after an `await`, as in an application without a context manager. */
export function recordSpans(t: Finish, { manages = true } = {}): Recorded {
  const exporter = new InMemorySpanExporter();
  let wake: () => void = () => {};
  const waking = { onStart() {}, onEnd: () => wake(), forceFlush: async () => {}, shutdown: async () => {} };
  const spanProcessors = [new SimpleSpanProcessor(exporter), waking];
  const tracerProvider = new BasicTracerProvider({ spanProcessors });
  if (manages) {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    t.onTestFinished(() => context.disable()); // files share a process
  }
  return {
    tracerProvider,
    ended: () => exporter.getFinishedSpans(),
    one(name, kind) {
      const all = exporter.getFinishedSpans();
      const found = all.filter((span) => span.name === name && span.kind === kind);
      expect(found.length, `${name} among ${all.map((span) => `${span.name} (${span.kind})`).join(", ")}`).toBe(1);
      return found[0] as ReadableSpan;
    },
    async until(count) {
      while (exporter.getFinishedSpans().length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

/** The trace of a span, and what it is a child of. */
export function placeOf(span: ReadableSpan): { readonly traceId: string; readonly parent: string | undefined } {
  return { traceId: span.spanContext().traceId, parent: span.parentSpanContext?.spanId };
}

/** Returns the place of a child of a span: its trace and its parent. */
export function childOf(span: ReadableSpan): ReturnType<typeof placeOf> {
  return { traceId: span.spanContext().traceId, parent: span.spanContext().spanId };
}

/** The spans that a span is linked to. */
export function linksOf(span: ReadableSpan): readonly string[] {
  return span.links.map(({ context: { traceId, spanId } }) => `${traceId} ${spanId}`);
}

/** A span as `linksOf` names it. */
export function nameOf(span: ReadableSpan): string {
  return `${span.spanContext().traceId} ${span.spanContext().spanId}`;
}
