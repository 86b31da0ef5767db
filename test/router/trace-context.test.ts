import { expect, test } from "vitest";
import { CLIENT_DETAILS, REALM, type Received, startRouter } from "../support/raw.js";

const TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const TRACE = { _traceparent: TRACEPARENT, _tracestate: "vendor=abc,other=1" };
const PROCEDURE = "com.example.echo";
const TOPIC = "com.example.news";

/** The features by which a call may go from one callee to another, in parts. */
const REROUTING = {
  roles: {
    ...CLIENT_DETAILS.roles,
    caller: { features: { progressive_call_invocations: true, call_canceling: true } },
    callee: { features: { progressive_call_invocations: true, call_canceling: true, call_reroute: true } },
  },
};

/** The trace context in the details of a message. */
function traceIn({ details }: Received): object {
  const { _traceparent, _tracestate } = details;
  return { ...(_traceparent !== undefined && { _traceparent }), ...(_tracestate !== undefined && { _tracestate }) };
}

test("the trace context of a CALL comes with its INVOCATION, that of a PUBLISH with each EVENT", async (t) => {
  const { join } = startRouter(t);
  const [caller, callee] = [await join(), await join()];
  await callee.register(PROCEDURE);
  await callee.subscribe(TOPIC);
  await callee.subscribe("com.example.", { match: "prefix" });
  caller.call(PROCEDURE, TRACE);
  expect(traceIn(await callee.receive("INVOCATION"))).toEqual(TRACE);
  await caller.publish(TOPIC, TRACE);
  const events = [await callee.receive("EVENT"), await callee.receive("EVENT")];
  expect(events.map(traceIn)).toEqual([TRACE, TRACE]);
  expect(events.map(({ details }) => details.topic)).toEqual([undefined, TOPIC]);
  caller.call(PROCEDURE);
  expect((await callee.receive("INVOCATION")).details).toEqual({});
});

test.for([
  ["a traceparent that is no text", { _traceparent: 7 }, {}],
  ["an empty traceparent", { _traceparent: "" }, {}],
  ["a traceparent of 54 characters", { _traceparent: TRACEPARENT.slice(1) }, {}],
  ["a traceparent of 56 characters", { _traceparent: `${TRACEPARENT}-` }, {}],
  ["a traceparent of a megabyte", { _traceparent: "0".repeat(1_000_000) }, {}],
  ["a traceparent of upper case", { _traceparent: TRACEPARENT.toUpperCase() }, {}],
  ["the forbidden version ff", { _traceparent: TRACEPARENT.replace("00-", "ff-") }, {}],
  ["a trace ID of zeros", { _traceparent: `00-${"0".repeat(32)}-00f067aa0ba902b7-01` }, {}],
  ["a span ID of zeros", { _traceparent: `00-4bf92f3577b34da6a3ce929d0e0e4736-${"0".repeat(16)}-01` }, {}],
  ["a tracestate alone", { _tracestate: "vendor=abc" }, {}],
  ["a tracestate beside a wrong traceparent", { ...TRACE, _traceparent: "x" }, {}],
  [
    "a later version",
    { _traceparent: TRACEPARENT.replace("00-", "cc-") },
    { _traceparent: TRACEPARENT.replace("00-", "cc-") },
  ],
  [
    "a tracestate of 512 bytes",
    { ...TRACE, _tracestate: `a=${"b".repeat(510)}` },
    { ...TRACE, _tracestate: `a=${"b".repeat(510)}` },
  ],
  ["a tracestate of 513 bytes", { ...TRACE, _tracestate: `a=${"b".repeat(511)}` }, { _traceparent: TRACEPARENT }],
  ["a tracestate beyond ASCII", { ...TRACE, _tracestate: "a=ä" }, { _traceparent: TRACEPARENT }],
  ["a tracestate with a line break", { ...TRACE, _tracestate: "a=b\nc=d" }, { _traceparent: TRACEPARENT }],
  ["a tracestate that is no text", { ...TRACE, _tracestate: ["a=b"] }, { _traceparent: TRACEPARENT }],
] as const)("%s harms neither the call nor the event, and nothing passes that is invalid", async ([
  ,
  options,
  expected,
], t) => {
  const { join } = startRouter(t);
  const [caller, callee] = [await join(), await join()];
  await callee.register(PROCEDURE);
  await callee.subscribe(TOPIC);
  const request = caller.call(PROCEDURE, options);
  const invocation = await callee.receive("INVOCATION");
  expect(traceIn(invocation)).toEqual(expected);
  callee.send({ type: "YIELD", request: invocation.request, options: {} });
  expect((await caller.receive("RESULT")).request).toBe(request);
  await caller.publish(TOPIC, options);
  expect(traceIn(await callee.receive("EVENT"))).toEqual(expected);
});

test("a call that goes to another callee keeps its trace context", async (t) => {
  const { join } = startRouter(t);
  const [caller, first, second] = [await join(REROUTING), await join(REROUTING), await join(REROUTING)];
  for (const callee of [first, second]) await callee.register(PROCEDURE, { invoke: "first" });
  caller.call(PROCEDURE, TRACE);
  const { request } = await first.receive("INVOCATION");
  first.send({ type: "ERROR", requestType: "INVOCATION", request, details: {}, error: "wamp.error.unavailable" });
  expect(traceIn(await second.receive("INVOCATION"))).toEqual(TRACE);
});

test("a call that outlives its callee keeps its trace context", async (t) => {
  const { join } = startRouter(t);
  const [caller, first, second] = [await join(), await join(), await join()];
  for (const callee of [first, second]) await callee.register(PROCEDURE, { invoke: "first" });
  caller.call(PROCEDURE, { ...TRACE, _idempotent: true });
  await first.receive("INVOCATION");
  first.close();
  expect(traceIn(await second.receive("INVOCATION"))).toEqual(TRACE);
});

test("each part of a progressive call has the trace context of the first", async (t) => {
  const { join } = startRouter(t);
  const [caller, callee] = [await join(REROUTING), await join(REROUTING)];
  await callee.register(PROCEDURE);
  const request = caller.call(PROCEDURE, { ...TRACE, progress: true });
  expect(traceIn(await callee.receive("INVOCATION"))).toEqual(TRACE);
  caller.send({ type: "CALL", request, options: {}, procedure: PROCEDURE });
  expect(traceIn(await callee.receive("INVOCATION"))).toEqual(TRACE);
});

test("an event that is kept is given later without the trace it was published in", async (t) => {
  const { join } = startRouter(t, {
    realms: [{ name: REALM, history: [{ topic: TOPIC, limit: 10 }] }],
  });
  const publisher = await join();
  await publisher.publish(TOPIC, { ...TRACE, retain: true }, ["kept"]);
  const late = await join();
  const subscription = await late.subscribe(TOPIC, { get_retained: true });
  expect(await late.receive("EVENT")).toMatchObject({ details: { retained: true }, args: ["kept"] });
  late.call("wamp.subscription.get_events", {}, [subscription]);
  const { args } = await late.receive("RESULT");
  expect(args).toMatchObject([{ args: ["kept"], details: {} }]);
  expect(JSON.stringify(args)).not.toContain("trace");
});
