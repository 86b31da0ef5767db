/** Hooks on a server, where there is no page: what suspends shows its fallback at once, and nothing connects or waits. */
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { QueryClient, QueryClientProvider, useSuspenseQuery } from "@tanstack/react-query";
import { createElement as h, Suspense } from "react";
import { renderToPipeableStream } from "react-dom/server";
import { expect, test } from "vitest";
import { createPeer } from "wampact";
import { useCall, useClient, WampactProvider } from "wampact/react";
import { queryOptions } from "wampact/tanstack-query";
import { createCalculatorClient } from "../../schemas/generated/calculator.gen.js";

const useAdd2 = () => useClient(createCalculatorClient).add2;

test.for<[string, () => unknown]>([
  ["`useCall`", () => useCall(useAdd2(), [{ a: 2, b: 3 }], { suspense: true }).data],
  ["`useSuspenseQuery`", () => useSuspenseQuery(queryOptions(useAdd2(), [{ a: 2, b: 3 }])).data],
])("%s does not wait for a connection on a server, and Next leaves its boundary to the browser", async ([
  ,
  useSum,
], t) => {
  const Sum = () => h("b", null, `sum ${useSum()}`);
  const client = new QueryClient();
  t.onTestFinished(() => client.clear());
  const open = () => createPeer({ url: "ws://127.0.0.1:1/ws", realm: "com.example" });
  const page = h(
    QueryClientProvider,
    { client },
    h(WampactProvider, { peer: open }, h(Suspense, { fallback: h("i", null, "waits") }, h(Sum))),
  );
  const told: unknown[] = [];
  const html = new PassThrough();
  renderToPipeableStream(page, { onError: (error) => void told.push(error) }).pipe(html);
  expect(await text(html)).toContain("<i>waits</i>");
  expect(told).toMatchObject([
    { message: expect.stringContaining("no call"), digest: "BAILOUT_TO_CLIENT_SIDE_RENDERING" },
  ]);
});
