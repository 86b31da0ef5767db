// @vitest-environment happy-dom
/** `wampact/tanstack-query`: queries and mutations that call, and topics that keep queries fresh. */
import {
  hashKey,
  QueryClient,
  QueryClientProvider,
  useMutation,
  useQueries,
  useQuery,
  useSuspenseQueries,
} from "@tanstack/react-query";
import { act, fireEvent, screen } from "@testing-library/react";
import { createElement as h, type ReactNode, useState } from "react";
import { expect, expectTypeOf, type TestContext, test } from "vitest";
import { type CallFailure, connect, createPeer, type FailedCall } from "wampact";
import { useClient, useSubscription } from "wampact/react";
import {
  mutationOptions,
  queryKeyOf,
  queryOptions,
  streamedQuery,
  useInvalidateOn,
  useInvalidateOnReturn,
  useUpdateOn,
} from "wampact/tanstack-query";
import { calculatorHandlers } from "../../examples/handlers.js";
import {
  createCalculatorClient,
  type DivideByZeroError,
  type Pair,
  serveCalculator,
} from "../../schemas/generated/calculator.gen.js";
import { createChatClient, serveChat } from "../../schemas/generated/chat.gen.js";
import { createGate, type Gate, join, startServer } from "../support/peers.js";
import { REALM } from "../support/raw.js";
import { renderPage, startCalculator } from "./support.js";

/** A page with a client for queries. */
function renderQueries(t: TestContext, server: { readonly url: string }, Page: () => ReactNode) {
  const client = new QueryClient({ defaultOptions: { queries: { retryDelay: 1 } } });
  t.onTestFinished(() => client.clear());
  const page = renderPage(t, server, () => h(QueryClientProvider, { client }, h(Page)));
  return { ...page, client };
}

test("a query calls once for all its components, waits for the connection, and has typed errors", async (t) => {
  const asked: number[] = [];
  const server = await startCalculator(t, {
    divide({ a, b }, { errors }) {
      asked.push(a);
      if (b === 0) throw errors.divideByZero({ numerator: a });
      return a / b;
    },
  });
  const Quotient = ({ a, b }: { readonly a: number; readonly b: number }) => {
    const api = useClient(createCalculatorClient);
    const { data, error, status } = useQuery(queryOptions(api.divide, [{ a, b }]));
    expectTypeOf(data).toEqualTypeOf<number | undefined>();
    expectTypeOf(error).toEqualTypeOf<CallFailure | (DivideByZeroError & FailedCall) | null>();
    return h("p", null, error?.code === "divideByZero" ? `not ${error.data.numerator}` : `${status} ${data}`);
  };
  const pairs = [
    [6, 3],
    [6, 3],
    [1, 0],
  ];
  const { client } = renderQueries(t, server, () =>
    pairs.map(([a = 0, b = 0], index) => h(Quotient, { key: `${index}`, a, b })),
  );
  expect(screen.getAllByText("pending undefined")).toHaveLength(3);
  await screen.findByText("not 1");
  expect(await screen.findAllByText("success 2")).toHaveLength(2);
  expect(asked.sort()).toEqual([1, 6]); // a declared error is not tried again
  const key = ["wampact", "com.app.divide", { a: 6, b: 3 }];
  expect(client.getQueryData(key)).toBe(2);
});

test("several queries of one hook keep the types of their data and of their errors", async (t) => {
  const server = await startCalculator(t);
  renderQueries(t, server, () => {
    const { divide, scale } = useClient(createCalculatorClient);
    const [quotient, scaled] = useQueries({
      queries: [
        queryOptions(divide, [{ a: 1, b: 0 }]),
        { ...queryOptions(scale, [6, 7]), select: (value: number) => `${value}` },
      ],
    });
    const [awaited] = useSuspenseQueries({ queries: [queryOptions(scale, [2, 2])] });
    expectTypeOf(quotient.data).toEqualTypeOf<number | undefined>();
    expectTypeOf(quotient.error).toEqualTypeOf<CallFailure | (DivideByZeroError & FailedCall) | null>();
    expectTypeOf(scaled.data).toEqualTypeOf<string | undefined>();
    expectTypeOf(awaited.data).toEqualTypeOf<number>();
    const failed = quotient.error?.code === "divideByZero" && quotient.error.data.numerator;
    return h("p", null, `failed ${failed}, scaled ${scaled.data}, awaited ${awaited.data}`);
  });
  await screen.findByText("failed 1, scaled 42, awaited 4");
});

test("keys hold bigints, and no options of the call", () => {
  const api = createCalculatorClient({ on: () => () => {}, onError: () => {} } as never);
  expect(queryKeyOf(api.scale, [2, 3, { timeoutMs: 5 }])).toEqual(["wampact", "com.app.scale", 2, 3]);
  expect(queryKeyOf(api.add2, [{ a: 10n, b: [1n] }])).toEqual(["wampact", "com.app.add2", { a: "10n", b: ["1n"] }]);
  expect(() => queryKeyOf(() => {})).toThrow("expected a method of a client");
});

class Secret {
  readonly #word = "hush";
  has(word: string): boolean {
    return word === this.#word;
  }
}

test("keys distinguish values that JSON does not, and refuse those that cannot be distinguished", () => {
  const api = createCalculatorClient({ on: () => () => {}, onError: () => {} } as never);
  const hashOf = (value: unknown) => hashKey(queryKeyOf(api.add2, [value]));
  const values = [
    new Map([["a", 1]]),
    new Map([["a", 2]]),
    new Set([1]),
    new Set([1n]),
    new Uint8Array([1]),
    new URL("wss://a.example"),
    new URL("wss://b.example"),
    new Date(0),
    Number.NaN,
    Number.POSITIVE_INFINITY,
    null,
    {},
    { a: [new Set([2])] },
  ];
  expect(new Set(values.map(hashOf)).size).toBe(values.length);
  expect(hashOf(new Map([["a", 1]]))).toBe(hashOf(new Map([["a", 1]])));
  for (const value of [new WeakMap(), () => {}, { part: [new Secret()] }]) {
    expect(() => hashOf(value)).toThrow("a query's arguments must be comparable");
  }
});

test("a mutation takes the input, or a list where there are parameters", async (t) => {
  const server = await startServer(t);
  const service = await connect({ url: server.url, realm: REALM });
  t.onTestFinished(() => service.close());
  await serveChat(service, {
    say({ text }, { params, errors }) {
      if (text === "spam") throw errors.rejected({ word: text });
      return params.room.length;
    },
  });
  const { client } = renderQueries(t, server, () => {
    const { mutate, data, error } = useMutation(mutationOptions(useClient(createChatClient).say));
    const words = error?.code === "rejected" ? `rejected ${error.data.word}` : `said ${data}`;
    const say = (text: string) => () => mutate([{ room: "tea" }, { text }]);
    return ["spam", "hi"].map((text) =>
      h("button", { key: text, type: "button", onClick: say(text) }, `${text} ${words}`),
    );
  });
  await expect.poll(() => server.router.stats(REALM).sessions).toBe(2);
  fireEvent.click(screen.getByText("spam said undefined"));
  fireEvent.click(await screen.findByText("hi rejected spam"));
  await screen.findByText("hi said 3");
  expect(client.getMutationCache().getAll()[0]?.options.mutationKey).toEqual(["wampact", "com.chat.rooms.{room}.say"]);
  const { add2, scale } = createCalculatorClient({ on: () => () => {}, onError: () => {} } as never);
  const [sum, scaled] = [mutationOptions(add2), mutationOptions(scale)];
  expectTypeOf<Parameters<typeof sum.mutationFn>>().toEqualTypeOf<[variables: Pair]>();
  expectTypeOf(scaled.mutationFn).toBeCallableWith([2, 3]);
});

test("a mutation's call options apply to each call, and those of a call take precedence", async (t) => {
  const server = await startServer(t);
  const service = await connect({ url: server.url, realm: REALM });
  t.onTestFinished(() => service.close({ drainMs: 0 }));
  const limits: (number | undefined)[] = [];
  await serveCalculator(service, {
    ...calculatorHandlers(),
    add2({ a, b }, { remainingMs }) {
      limits.push(remainingMs && Math.ceil(remainingMs / 10_000));
      return a + b;
    },
    scale(value, factor, { remainingMs }) {
      limits.push(remainingMs && Math.ceil(remainingMs / 10_000));
      return value * factor;
    },
  });
  renderQueries(t, server, () => {
    const api = useClient(createCalculatorClient);
    const sum = useMutation(mutationOptions(api.add2, { offline: "wait", timeoutMs: 20_000 }));
    const scaled = useMutation(mutationOptions(api.scale, { timeoutMs: 20_000 }));
    const press = async () => {
      await sum.mutateAsync({ a: 1, b: 2 });
      await scaled.mutateAsync([2, 3]);
      await scaled.mutateAsync([4, 5, { timeoutMs: 10_000 }]);
    };
    return h("button", { type: "button", onClick: press }, `sum ${sum.data}, scaled ${scaled.data}`);
  });
  fireEvent.click(screen.getByText("sum undefined, scaled undefined")); // before there is a connection
  await screen.findByText("sum 3, scaled 20");
  expect(limits).toEqual([2, 2, 1]);
  expect(() => mutationOptions(() => undefined as never)).toThrow("expected a method of a client");
});

test("a streamed query shows progress, then the result; leaving it cancels the call", async (t) => {
  const [go, canceled] = [createGate(), createGate<unknown>()];
  const server = await startCalculator(t, {
    async *countdown({ from }, { signal }) {
      yield { left: from };
      if (from === 9) {
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        canceled.open(signal.reason);
      }
      await go.promise;
      for (let left = from - 1; left >= 0; left--) yield { left };
    },
  });
  const Countdown = ({ from }: { readonly from: number }) => {
    const api = useClient(createCalculatorClient);
    const { data, isFetching } = useQuery(streamedQuery(api.countdown, [{ from }], { keep: 2 }));
    const left = data?.progress.map((tick) => tick.left).join();
    return h("p", null, `${from}: ${left} ${data?.isDone} ${data?.result} ${isFetching}`);
  };
  const page = renderQueries(t, server, () => [h(Countdown, { key: 3, from: 3 }), h(Countdown, { key: 9, from: 9 })]);
  await screen.findByText("3: 3 false undefined true");
  await screen.findByText("9: 9 false undefined true");
  go.open();
  await screen.findByText("3: 1,0 true null false");
  page.unmount();
  expect(await canceled.promise).toMatchObject({ uri: "wamp.error.canceled" });
});

test("events update one query and invalidate another, over one subscription; what is missed is fetched", async (t) => {
  let fetched = 0;
  const server = await startCalculator(t, {
    add2: ({ a }, { signal }) => {
      if (++fetched > 1) return a;
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
    scale: (value) => value,
  });
  const peer = await connect({ url: server.url, realm: REALM, reconnect: { minMs: 1 }, onError: () => {} });
  t.onTestFinished(() => peer.close());
  const say = (text: string) =>
    act(async () => {
      await createChatClient(peer).said.publish({ room: "tea" }, { from: 1, text }, { acknowledge: true });
    });
  const Page = () => {
    const api = useClient(createCalculatorClient);
    const { said } = useClient(createChatClient);
    const [stale, fresh] = [queryOptions(api.add2, [{ a: 1, b: 0 }]), queryOptions(api.scale, [100, 0])];
    const [{ data: one }, { data: other }] = [useQuery(stale), useQuery(fresh)];
    const [listens, setListens] = useState(false);
    const { status } = useInvalidateOn(said, { room: "tea" }, stale, { enabled: listens });
    useUpdateOn(said, { room: "tea" }, fresh, (sum, { data }) => (sum ?? 0) + data.text.length);
    return h("button", { type: "button", onClick: () => setListens(true) }, `${status} ${one} ${other}`);
  };
  renderQueries(t, server, Page);
  await screen.findByText("pending undefined 100");
  await expect.poll(() => fetched).toBe(1); // and its callee is slow
  fireEvent.click(screen.getByRole("button"));
  await screen.findByText("live 1 100"); // fetched again once the subscription stands
  await expect.poll(() => server.router.stats(REALM).subscribers).toBe(1);
  expect(fetched).toBe(2);
  await say("four");
  await screen.findByText("live 1 104");
  await expect.poll(() => fetched).toBe(3);
  server.cut();
  await screen.findByText("live 1 100"); // fetched again
  await expect.poll(() => fetched).toBeGreaterThan(3); // and again, where its callee came back later
});

test("events that come faster than a query is fetched do not starve it, and components share its fetch", async (t) => {
  const answers: Gate<void>[] = [];
  const server = await startCalculator(t, {
    add2: async () => {
      const call = answers.length;
      const answer = createGate();
      answers.push(answer);
      await answer.promise;
      return call;
    },
  });
  const peer = await connect({ url: server.url, realm: REALM });
  t.onTestFinished(() => peer.close());
  const say = () =>
    act(async () => {
      await createChatClient(peer).said.publish({ room: "tea" }, { from: 1, text: "new" }, { acknowledge: true });
    });
  const heard: unknown[] = [];
  const Sum = () => {
    const all = queryOptions(useClient(createCalculatorClient).add2, [{ a: 1, b: 0 }]);
    const { said } = useClient(createChatClient);
    const { status } = useInvalidateOn(said, { room: "tea" }, all);
    useSubscription(said, { room: "tea" }, (event) => heard.push(event));
    return h("p", null, `${status} ${useQuery(all).data}`);
  };
  renderQueries(t, server, () => [h(Sum, { key: 1 }), h(Sum, { key: 2 })]);
  expect(await screen.findAllByText("live undefined")).toHaveLength(2);
  const answer = async (call: number) => {
    await expect.poll(() => answers.length).toBe(call + 1);
    await act(async () => answers[call]?.open());
  };
  await expect.poll(() => answers.length).toBe(2); // the first fetch, canceled for the second by both subscriptions
  for (let event = 1; event <= 3; event++) {
    await say();
    await expect.poll(() => heard.length).toBe(2 * event);
  }
  await answer(1); // three events have not canceled it
  expect(await screen.findAllByText("live 1")).toHaveLength(2);
  await answer(2); // one more for all of them, and for both components
  expect(await screen.findAllByText("live 2")).toHaveLength(2);
  await say();
  await answer(3);
  expect(await screen.findAllByText("live 3")).toHaveLength(2);
});

test("queries that have failed without a connection are fetched again when it is back", async (t) => {
  const server = await startServer(t);
  await server.kill();
  let scaled = 0;
  renderQueries(t, server, () => {
    const api = useClient(createCalculatorClient);
    const sum = useQuery(queryOptions(api.add2, [{ a: 2, b: 3 }, { timeoutMs: 60 }]));
    const other = useQuery({ queryKey: ["other"], queryFn: () => ++scaled });
    useInvalidateOnReturn();
    return h("p", null, `${sum.status} ${sum.data ?? sum.error?.code}, other ${other.data}`);
  });
  await screen.findByText("error timeout, other 1");
  await server.restart(async (router) => serveCalculator(await join(t, router), calculatorHandlers()));
  await screen.findByText("success 5, other 1");
  expect(scaled).toBe(1); // a query of something else
});

/** A page that follows a topic with `useUpdateOn`, over a query whose answers the test gives. */
async function renderUpdates(
  t: TestContext,
  update: (known: number | undefined, length: number) => number | undefined,
) {
  const answers: Gate<number>[] = [];
  const server = await startCalculator(t, {
    add2: () => {
      const answer = createGate<number>();
      answers.push(answer);
      return answer.promise;
    },
  });
  const peer = await connect({ url: server.url, realm: REALM });
  t.onTestFinished(() => peer.close());
  const api = createChatClient(peer);
  let heard = 0;
  const shown: unknown[] = [];
  const errors: unknown[] = [];
  const client = new QueryClient({ defaultOptions: { queries: { retryDelay: 1 } } });
  t.onTestFinished(() => client.clear());
  const Sum = () => {
    const sum = queryOptions(useClient(createCalculatorClient).add2, [{ a: 1, b: 0 }]);
    const { said } = useClient(createChatClient);
    const { status } = useUpdateOn(said, { room: "tea" }, sum, (known, { data }) => update(known, data.text.length));
    useSubscription(said, { room: "tea" }, () => void heard++);
    const { data } = useQuery(sum);
    shown.push(data);
    return h("p", null, `${status} ${data}`);
  };
  const open = () => createPeer({ url: server.url, realm: REALM, onError: (error) => void errors.push(error) });
  renderPage(t, server, () => h(QueryClientProvider, { client }, h(Sum)), { peer: open });
  await screen.findByText("live undefined");
  await expect.poll(() => answers.length).toBe(2); // the second one is of the active subscription
  return {
    client,
    answers,
    shown,
    errors,
    async say(...texts: readonly string[]) {
      const before = heard;
      await act(async () => {
        await Promise.all(
          texts.map((text) => api.said.publish({ room: "tea" }, { from: 1, text }, { acknowledge: true })),
        );
        await expect.poll(() => heard).toBe(before + texts.length);
      });
    },
    answer: (call: number, value: number) => act(async () => answers[call]?.open(value)),
  };
}

test("events during a fetch win over its result, in their order, and are not shown without them", async (t) => {
  const page = await renderUpdates(t, (known, length) => known && known * 10 + length);
  await page.say("a", "bb");
  await page.answer(1, 7);
  await screen.findByText("live 712"); // the page had no data to change before
  await act(async () => void page.client.invalidateQueries());
  await expect.poll(() => page.answers.length).toBe(3);
  await page.say("ccc");
  await screen.findByText("live 7123"); // at once
  await page.answer(2, 8);
  await screen.findByText("live 83");
  await page.say("dddd");
  await screen.findByText("live 834");
  expect(page.shown).not.toContain(7);
  expect(page.shown).not.toContain(8);
  expect(page.answers).toHaveLength(3); // no event has fetched
});

test("a canceled fetch leaves the data as the events have made them, and an update that throws is reported", async (t) => {
  const page = await renderUpdates(t, (known, length) => {
    if (known === 8) throw new Error("not of eight");
    return length;
  });
  await page.say("four");
  await screen.findByText("live 4");
  await act(() => page.client.cancelQueries());
  await act(async () => void page.client.invalidateQueries());
  await expect.poll(() => page.answers.length).toBe(3);
  await page.answer(2, 7);
  await screen.findByText("live 7"); // the fetch began after the event
  await act(async () => void page.client.invalidateQueries());
  await expect.poll(() => page.answers.length).toBe(4);
  await page.say("a");
  await page.answer(3, 8);
  await screen.findByText("live 8");
  expect(page.errors).toMatchObject([{ message: "not of eight" }]);
});

test("after 1,000 events during a fetch, the query is fetched from the beginning", async (t) => {
  const page = await renderUpdates(t, (_, length) => length);
  await page.say(...Array.from({ length: 1_000 }, () => "a"), "bb");
  await screen.findByText("live 2");
  await expect.poll(() => page.answers.length).toBe(3);
  await page.answer(1, 7); // canceled
  await page.answer(2, 8);
  await screen.findByText("live 8");
  expect(page.shown).not.toContain(7);
});
