/** Entry point `wampact/opentelemetry`: spans for calls and events. Needs the package `@opentelemetry/api`. */
export { type TracedPeer, tracedPeer } from "./tracing/traced-peer.js";
export { type TracingOptions, tracing } from "./tracing/tracing.js";
