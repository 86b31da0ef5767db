// @vitest-environment happy-dom
/** `useCall`: lazy and eager calls, and calls that a component suspends for. */
import { act, fireEvent, screen } from "@testing-library/react";
import { Component, createElement as h, type ReactNode, Suspense, useState } from "react";
import { expect, test } from "vitest";
import type { Call, CallOptions, Peer } from "wampact";
import { useCall, useClient, usePeer } from "wampact/react";
import { calculatorHandlers } from "../../examples/handlers.js";
import { createCalculatorClient, type Pair, serveCalculator } from "../../schemas/generated/calculator.gen.js";
import { createGate, join, startServer } from "../support/peers.js";
import { REALM } from "../support/raw.js";
import { renderPage, startCalculator } from "./support.js";

test("a call with arguments is made when its component is there, and again when they change", async (t) => {
  const asked: string[] = [];
  const server = await startCalculator(t, {
    add2: ({ a, b }) => {
      asked.push(`${a} + ${b}`);
      return a + b;
    },
  });
  renderPage(t, server, () => {
    const api = useClient(createCalculatorClient);
    const [a, setA] = useState(2);
    const sum = useCall(api.add2, [{ a, b: 3 }]); // another object in each render
    return h("button", { type: "button", onClick: () => setA(4) }, `${sum.status} ${sum.data}`);
  });
  expect(screen.getByRole("button").textContent).toBe("pending undefined");
  await screen.findByText("success 5");
  fireEvent.click(screen.getByRole("button"));
  expect(screen.getByRole("button").textContent).toBe("pending undefined");
  await screen.findByText("success 7");
  expect(asked).toEqual(["2 + 3", "4 + 3"]); // once each, in StrictMode
});

test("`keepData` shows the result before, and `enabled` holds a call back", async (t) => {
  const server = await startCalculator(t);
  renderPage(t, server, () => {
    const api = useClient(createCalculatorClient);
    const [a, setA] = useState(0);
    const sum = useCall(api.scale, [a, 10, { timeoutMs: 5_000 }], { enabled: a > 0, keepData: true });
    return h("button", { type: "button", onClick: () => setA(a + 1) }, `${sum.status} ${sum.data}`);
  });
  const button = screen.getByRole("button");
  expect(button.textContent).toBe("idle undefined");
  fireEvent.click(button);
  await screen.findByText("success 10");
  fireEvent.click(button);
  expect(button.textContent).toBe("pending 10");
  await screen.findByText("success 20");
});

test("`refetch` makes a call that is held back, and shows it", async (t) => {
  const server = await startCalculator(t);
  renderPage(t, server, () => {
    const api = useClient(createCalculatorClient);
    const { status, data, refetch } = useCall(api.scale, [2, 10], { enabled: false });
    return h("button", { type: "button", onClick: refetch }, `${status} ${data}`);
  });
  expect(screen.getByRole("button").textContent).toBe("idle undefined");
  fireEvent.click(screen.getByRole("button"));
  await screen.findByText("success 20");
});

test.for<[string, () => (input: Pair, options?: CallOptions) => Call<number>, boolean]>([
  ["a client of `usePeer`", () => createCalculatorClient(usePeer()).add2, true],
  [
    "a client with options",
    () => useClient((peer: Peer) => createCalculatorClient(peer, { timeoutMs: 9_000 })).add2,
    true,
  ],
  [
    "a function",
    () => {
      const api = useClient(createCalculatorClient);
      return (input) => api.add2(input);
    },
    false,
  ],
])("%s that each render creates makes one call, not one in each render", async ([, useAdd2, isMethod], t) => {
  const asked: number[] = [];
  const server = await startCalculator(t, {
    add2: ({ a, b }) => {
      asked.push(a);
      return a + b;
    },
  });
  const Suspended = () => h("i", null, `suspended ${useCall(useAdd2(), [{ a: 4, b: 3 }], { suspense: true }).data}`);
  renderPage(t, server, () => {
    const [renders, setRenders] = useState(0);
    const sum = useCall(useAdd2(), [{ a: 2, b: 3 }]);
    return [
      h("button", { key: "sum", type: "button", onClick: () => setRenders(renders + 1) }, `${renders} ${sum.data}`),
      isMethod && h(Suspense, { key: "suspended", fallback: "waits" }, h(Suspended)),
    ];
  });
  await screen.findByText("0 5");
  if (isMethod) await screen.findByText("suspended 7");
  fireEvent.click(screen.getByRole("button"));
  await screen.findByText("1 5");
  fireEvent.click(screen.getByRole("button"));
  await screen.findByText("2 5");
  expect(asked.sort()).toEqual(isMethod ? [2, 4] : [2]);
});

test("a component does not suspend for a function that is not a client's method, since each render may create it", (t) => {
  t.onTestFinished(silenceConsole());
  const Page = () => {
    const api = useClient(createCalculatorClient);
    const { data } = useCall((input: Pair) => api.add2(input), [{ a: 2, b: 3 }], { suspense: true });
    return h("p", null, data);
  };
  const page = () => renderPage(t, { url: "ws://127.0.0.1:1/ws" }, Page);
  expect(page).toThrow("useCall with suspense: expected a method of a client, such as api.add2");
});

test("a call without arguments is made when asked for; its declared error has its type", async (t) => {
  const server = await startCalculator(t);
  const outcomes: unknown[] = [];
  renderPage(t, server, () => {
    const api = useClient(createCalculatorClient);
    const { call, status, error, data } = useCall(api.divide);
    const words = error?.code === "divideByZero" ? `not ${error.data.numerator} by zero` : `${status} ${data}`;
    const divide = (b: number) => async () => outcomes.push((await call({ a: 6, b }, { offline: "wait" })).ok);
    return [
      h("p", { key: "words" }, words),
      h("button", { key: "by 0", type: "button", onClick: divide(0) }, "by 0"),
      h("button", { key: "by 3", type: "button", onClick: divide(3) }, "by 3"),
    ];
  });
  expect(screen.getByText("idle undefined")).toBeDefined();
  fireEvent.click(screen.getByText("by 0"));
  await screen.findByText("not 6 by zero");
  fireEvent.click(screen.getByText("by 3"));
  await screen.findByText("success 2");
  expect(outcomes).toEqual([false, true]);
});

test("`reset` forgets an outcome, and cancels a call that runs", async (t) => {
  const [started, canceled] = [createGate(), createGate<string>()];
  const server = await startCalculator(t, {
    async divide({ a, b }, { errors, signal }) {
      if (b === 0) throw errors.divideByZero({ numerator: a });
      started.open();
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      canceled.open((signal.reason as { uri: string }).uri);
      return a / b;
    },
  });
  const outcomes: unknown[] = [];
  renderPage(t, server, () => {
    const { call, reset, status, error, data } = useCall(useClient(createCalculatorClient).divide);
    const divide = (b: number) => async () => {
      const outcome = await call({ a: 6, b }, { offline: "wait" });
      outcomes.push(outcome.ok || outcome.error.code);
    };
    return [
      h("p", { key: "words" }, `${status} ${error?.code} ${data}`),
      h("button", { key: "by 0", type: "button", onClick: divide(0) }, "by 0"),
      h("button", { key: "by 3", type: "button", onClick: divide(3) }, "by 3"),
      h("button", { key: "reset", type: "button", onClick: reset }, "reset"),
    ];
  });
  fireEvent.click(screen.getByText("by 0"));
  await screen.findByText("failed divideByZero undefined");
  fireEvent.click(screen.getByText("reset"));
  expect(screen.getByText("idle undefined undefined")).toBeDefined();
  fireEvent.click(screen.getByText("by 3"));
  await act(() => started.promise);
  expect(screen.getByText("pending undefined undefined")).toBeDefined();
  fireEvent.click(screen.getByText("reset"));
  expect(screen.getByText("idle undefined undefined")).toBeDefined();
  expect(await canceled.promise).toBe("wamp.error.canceled");
  await act(() => expect.poll(() => outcomes).toEqual(["divideByZero", "canceled"]));
  expect(screen.getByText("idle undefined undefined")).toBeDefined(); // the canceled call is not shown
});

test("progress shows while a call runs; it is canceled when its component leaves", async (t) => {
  const canceled = createGate<string>();
  const server = await startCalculator(t, {
    async *countdown({ from }, { signal }) {
      yield { left: from };
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      canceled.open((signal.reason as { uri: string }).uri);
    },
  });
  const page = renderPage(t, server, () => {
    const api = useClient(createCalculatorClient);
    const { progress } = useCall(api.countdown, [{ from: 7 }]);
    return h("p", null, `left: ${progress?.left}`);
  });
  await screen.findByText("left: 7");
  page.unmount();
  expect(await canceled.promise).toBe("wamp.error.canceled");
  await expect.poll(() => server.router.stats(REALM).sessions).toBe(1); // the service; the page's peer is closed
});

test("a call whose time limit has passed without a connection is made again when there is one", async (t) => {
  const server = await startServer(t);
  await server.kill();
  renderPage(t, server, () => {
    const api = useClient(createCalculatorClient);
    const { status, data, error } = useCall(api.add2, [{ a: 2, b: 3 }, { timeoutMs: 300 }]);
    const slow = useCall(api.scale, [6, 7, { timeoutMs: 300 }]);
    return h("p", null, `${status} ${data ?? error?.code}, ${slow.status} ${slow.data ?? slow.error?.code}`);
  });
  await screen.findByText("failed timeout, failed timeout");
  let scaled = 0;
  const never = () => {
    scaled++;
    return new Promise<number>(() => {});
  };
  await server.restart(async (router) => {
    const service = await join(t, router);
    await serveCalculator(service, { ...calculatorHandlers(), scale: never });
  });
  await screen.findByText("success 5, failed timeout");
  expect(scaled).toBe(1); // with a connection, a call that takes too long is not made again
});

test("a call is made again when its connection was lost, and `cancel` and `refetch` do as they say", async (t) => {
  let calls = 0;
  const server = await startCalculator(t, {
    add2: ({ a, b }, { signal }) => {
      if (++calls === 2 || calls === 4) return a + b;
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
  });
  renderPage(t, server, () => {
    const api = useClient(createCalculatorClient);
    const sum = useCall(api.add2, [{ a: 2, b: 3 }]);
    return [
      h("p", { key: "sum" }, `${sum.status} ${sum.data} ${sum.error?.code}`),
      h("button", { key: "refetch", type: "button", onClick: sum.refetch }, "refetch"),
      h("button", { key: "cancel", type: "button", onClick: sum.cancel }, "cancel"),
    ];
  });
  await expect.poll(() => calls).toBe(1);
  server.cut();
  await screen.findByText("success 5 undefined");
  fireEvent.click(screen.getByText("refetch"));
  await screen.findByText("pending 5 undefined");
  await expect.poll(() => calls).toBe(3);
  fireEvent.click(screen.getByText("cancel"));
  await screen.findByText("failed 5 canceled");
  fireEvent.click(screen.getByText("refetch"));
  await screen.findByText("success 5 undefined");
});

/** Shows what its children throw. */
class Boundary extends Component<{ readonly children?: ReactNode }, { readonly error?: Error }> {
  override state: { readonly error?: Error } = {};
  static getDerivedStateFromError(error: Error) {
    return { error };
  }
  override render() {
    return this.state.error ? h("p", null, `caught: ${this.state.error.message}`) : this.props.children;
  }
}

test("a component suspends until there is a result; components with the same call share it", async (t) => {
  const gate = createGate();
  let calls = 0;
  const server = await startCalculator(t, {
    add2: async ({ a, b }) => {
      calls++;
      await gate.promise;
      return a + b;
    },
  });
  function Sum({ name }: { readonly name: string }) {
    const api = useClient(createCalculatorClient);
    const { data, refetch } = useCall(api.add2, [{ a: 2, b: 3 }], { suspense: true });
    return h("button", { type: "button", onClick: refetch }, `${name}: ${data.toFixed(1)}`);
  }
  const both = () =>
    h(Suspense, { fallback: h("p", null, "waits") }, h(Sum, { name: "one" }), h(Sum, { name: "other" }));
  renderPage(t, server, both);
  await screen.findByText("waits");
  await expect.poll(() => calls).toBe(1);
  await act(async () => gate.open());
  await screen.findByText("one: 5.0");
  await screen.findByText("other: 5.0");
  expect(calls).toBe(1);
  fireEvent.click(screen.getByText("one: 5.0"));
  await expect.poll(() => calls).toBe(2); // without a fallback in between
  expect(screen.getByText("other: 5.0")).toBeDefined();
});

test("a failure of a suspended call goes to the error boundary, and a page without a boundary shows the provider's fallback", async (t) => {
  const server = await startCalculator(t);
  t.onTestFinished(silenceConsole());
  function Divided() {
    const { data } = useCall(useClient(createCalculatorClient).divide, [{ a: 1, b: 0 }], { suspense: true });
    return h("p", null, String(data));
  }
  renderPage(t, server, () => h(Boundary, null, h(Divided)), { fallback: h("p", null, "connecting") });
  expect(screen.getByText("connecting")).toBeDefined();
  await screen.findByText("caught: com.app.divide failed with divideByZero");
});

/** React prints what a boundary catches. Returns what makes the console print again. */
function silenceConsole(): () => void {
  const { error } = console;
  console.error = () => {};
  return () => {
    console.error = error;
  };
}
