/** How registrations are told apart, through messages: `pattern-index.test.ts` has the index itself. */
import { expect, test } from "vitest";
import type { MatchPolicy } from "wampact/peer";
import { type RawClient, startRouter } from "../support/raw.js";

type Pattern = readonly [uri: string, match: MatchPolicy];
type Test = Parameters<typeof startRouter>[0];

/** The answer to a CALL: the pattern that received it, or the URI of its error. */
async function winners(
  t: Test,
  patterns: readonly Pattern[],
  procedures: readonly string[],
): Promise<readonly string[]> {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(), await router.join()];
  const byId = new Map<number, string>();
  for (const [uri, match] of patterns) byId.set(await callee.register(uri, { match }), `${match} ${uri}`);
  const won: string[] = [];
  for (const procedure of procedures) won.push(await winnerOf(caller, callee, { procedure, byId }));
  return won;
}

async function winnerOf(
  caller: RawClient,
  callee: RawClient,
  { procedure, byId }: { readonly procedure: string; readonly byId: ReadonlyMap<number, string> },
): Promise<string> {
  const request = caller.call(procedure);
  await caller.settle();
  const refused = caller.unread().find((message) => message.type === "ERROR" && message.request === request);
  (caller.unread() as unknown[]).length = 0;
  if (refused) return refused.error;
  const { registration, request: invocation } = await callee.receive("INVOCATION");
  callee.send({ type: "YIELD", request: invocation, options: {} });
  await caller.receive("RESULT");
  return byId.get(registration) ?? "no registration of the test";
}

test("fact 21: exact wins over prefix, the longest prefix over shorter ones, any prefix over any wildcard", async (t) => {
  const patterns: readonly Pattern[] = [
    ["com.example.a.b", "exact"],
    ["com.example.", "prefix"],
    ["com.example.a", "prefix"],
    ["com", "prefix"],
    ["com.example.a.c", "exact"],
    ["com.example..b", "wildcard"],
    ["org.example.a.", "wildcard"],
    ["org.example.a.b", "wildcard"],
  ];
  const calls = ["com.example.a.b", "com.example.a.d", "com.example.b.b", "com.x", "org.example.a.b", "net.a"];
  expect(await winners(t, patterns, calls)).toEqual([
    "exact com.example.a.b",
    "prefix com.example.a",
    "prefix com.example.",
    "prefix com",
    "wildcard org.example.a.b",
    "wamp.error.no_such_procedure",
  ]);
});

test("fact 21: of wildcards the longest run of literal components from the left wins, then the next run, with backtracking", async (t) => {
  const patterns: readonly Pattern[] = [
    ["a.b..d", "wildcard"],
    ["a...d", "wildcard"],
    ["a.b.c.", "wildcard"],
    [".b.c.d", "wildcard"],
    ["a..c.d", "wildcard"],
    ["x.y..", "wildcard"],
    ["x..z.w", "wildcard"],
    ["..z.", "wildcard"],
  ];
  const calls = ["a.b.c.d", "a.b.x.d", "a.x.c.d", "a.x.x.d", "q.b.c.d", "x.y.z.w", "x.q.z.w", "q.q.z.q", "a.b.x.e"];
  expect(await winners(t, patterns, calls)).toEqual([
    "wildcard a.b.c.",
    "wildcard a.b..d",
    "wildcard a..c.d",
    "wildcard a...d",
    "wildcard .b.c.d",
    "wildcard x.y..",
    "wildcard x..z.w",
    "wildcard ..z.",
    "wamp.error.no_such_procedure",
  ]);
});

const TABLE: readonly Pattern[] = [
  ["a1.b2.c3.d4.e55", "exact"],
  ["a1.b2.c3", "prefix"],
  ["a1.b2.c3.d4", "prefix"],
  ["a1.b2..d4.e5", "wildcard"],
  ["a1.b2.c33..e5", "wildcard"],
  ["a1.b2..d4.e5..g7", "wildcard"],
  ["a1.b2..d4..f6.g7", "wildcard"],
];
const CALLS = [
  "a1.b2.c3.d4.e55",
  "a1.b2.c3.d98.e74",
  "a1.b2.c3.d4.e325",
  "a1.b2.c55.d4.e5",
  "a1.b2.c33.d4.e5",
  "a1.b2.c88.d4.e5.f6.g7",
  "a2.b2.c2.d2.e2",
];
const numbered = (index: number | undefined) =>
  index === undefined ? "wamp.error.no_such_procedure" : `${TABLE[index - 1]?.[1]} ${TABLE[index - 1]?.[0]}`;

test("fact 22: the specification's table, called through messages; the prefix a1.b2.c3 matches a1.b2.c33 by string", async (t) => {
  expect(await winners(t, TABLE, CALLS)).toEqual([1, 2, 3, 4, 2, 6, undefined].map(numbered));
});

test("fact 22: without its two prefixes, the table gives a1.b2.c33.d4.e5 to the wildcard, and the prefixes' calls to nobody", async (t) => {
  const patterns = TABLE.filter(([, match]) => match !== "prefix");
  expect(await winners(t, patterns, CALLS)).toEqual([1, undefined, undefined, 4, 5, 6, undefined].map(numbered));
});

test.for<[string, MatchPolicy, readonly string[], readonly string[]]>([
  [
    "com.myapp.topic.emergency",
    "prefix",
    [
      "com.myapp.topic.emergency.11",
      "com.myapp.topic.emergency-low",
      "com.myapp.topic.emergency.category.severe",
      "com.myapp.topic.emergency",
    ],
    ["com.myapp.topic.emerge", "com.myapp.topic"],
  ],
  [
    "com.myapp..userevent",
    "wildcard",
    ["com.myapp.foo.userevent", "com.myapp.bar.userevent", "com.myapp.a12.userevent"],
    ["com.myapp.foo.userevent.bar", "com.myapp.foo.user", "com.myapp2.foo.userevent"],
  ],
  [".example.", "wildcard", ["com.example.a", "org.example.b"], ["com.example", "example.a", "a.com.example.a"]],
])("fact 19: a subscription to %s under %s hears these topics and not those", async ([
  pattern,
  match,
  heard,
  not,
], t) => {
  const router = startRouter(t);
  const [publisher, subscriber] = [await router.join(), await router.join()];
  await subscriber.subscribe(pattern, { match });
  for (const topic of [...heard, ...not]) await publisher.publish(topic);
  await subscriber.settle();
  expect(subscriber.unread().map(({ details }) => details.topic)).toEqual(heard);
});
