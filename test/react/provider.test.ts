// @vitest-environment happy-dom
/** `WampactProvider`: connections that open and close, what they tell, and pages that are rendered on a server. */
import { act, fireEvent, screen } from "@testing-library/react";
import { Activity, createElement as h, StrictMode, Suspense, useState } from "react";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { expect, test } from "vitest";
import { connect, createPeer, type Peer } from "wampact";
import { ticket } from "wampact/auth/ticket";
import { useCall, useClient, useConnection, usePeer, useTopic, WampactProvider } from "wampact/react";
import { anonymous, ticket as byTicket, createRouter, hashTicket } from "wampact/router";
import { createTestRouter, mockService } from "wampact/testing";
import * as calculator from "../../schemas/calculator.js";
import { createCalculatorClient } from "../../schemas/generated/calculator.gen.js";
import { createChatClient } from "../../schemas/generated/chat.gen.js";
import { startServer } from "../support/peers.js";
import { REALM } from "../support/raw.js";
import { renderPage, startCalculator } from "./support.js";

test("StrictMode makes one connection; it closes with its page, and its state shows", async (t) => {
  const server = await startServer(t);
  const clients = new Set<object>();
  const page = renderPage(t, server, () => {
    const { state, wasReady, reason, reconnect } = useConnection();
    clients.add(useClient(createChatClient));
    return h("button", { type: "button", onClick: reconnect }, `${state} ${wasReady} ${reason !== undefined}`);
  });
  expect(screen.getByRole("button").textContent).toBe("connecting false false");
  await screen.findByText("ready true false");
  expect(server.router.totals(REALM).joined).toBe(1);
  await server.kill();
  await screen.findByText(/^(waiting|connecting) true/);
  await server.restart();
  fireEvent.click(screen.getByRole("button"));
  await screen.findByText("ready true false");
  expect(clients.size).toBe(1);
  page.unmount();
  await expect.poll(() => server.router.stats(REALM).sessions).toBe(0);
});

test("a peer that is refused for good is closed, and `reconnect` replaces it", async (t) => {
  const router = createRouter({ realms: [{ name: "com.other" }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url } = await router.listen();
  const told: unknown[] = [];
  const realms = [REALM, "com.other"];
  const open = () => createPeer({ url, realm: realms.shift() ?? "", onError: (error) => told.push(error) });
  const Page = () => {
    const { state, reconnect } = useConnection();
    return h("button", { type: "button", onClick: reconnect }, state);
  };
  renderPage(t, { url }, Page, { peer: open });
  await screen.findByText("closed");
  expect(told.map(String)).toEqual([expect.stringContaining("no_such_realm")]); // once, also in StrictMode
  fireEvent.click(screen.getByRole("button"));
  await screen.findByText("ready");
});

test("a peer of the application's own that was not started is started, and not closed", async (t) => {
  const server = await startServer(t);
  const peer = createPeer({ url: server.url, realm: REALM });
  t.onTestFinished(() => peer.close());
  const page = renderPage(t, server, () => h("p", null, useConnection().state), { peer });
  expect(screen.getByText("connecting")).toBeDefined();
  await screen.findByText("ready");
  page.unmount();
  await peer.publish("com.example.topic", [], {}, { acknowledge: true });
  expect(server.router.totals(REALM).joined).toBe(1);
});

test("a peer of the application's own that is connected stays as it is", async (t) => {
  const server = await startServer(t);
  const peer = await connect({ url: server.url, realm: REALM });
  t.onTestFinished(() => peer.close());
  const seen = new Set<Peer>();
  const Page = () => {
    seen.add(usePeer());
    return h("p", null, useConnection().state);
  };
  const page = renderPage(t, server, Page, { peer });
  await screen.findByText("ready");
  page.unmount();
  expect([...seen]).toEqual([peer]);
  await peer.publish("com.example.topic", [], {}, { acknowledge: true });
});

test("a component is tested with a router and a mock in the process", async (t) => {
  const router = createTestRouter();
  t.onTestFinished(() => router.close());
  const mock = await mockService(await router.connect(), calculator, { add2: ({ a, b }) => a + b });
  const Sum = () => h("p", null, `sum ${useCall(useClient(createCalculatorClient).add2, [{ a: 2, b: 3 }]).data}`);
  renderPage(t, { url: "" }, Sum, { peer: await router.connect() });
  await screen.findByText("sum 5");
  expect(mock.calls.add2).toEqual([[{ a: 2, b: 3 }]]); // once, also in StrictMode
});

test("another key opens another connection, for example of a user who has logged in", async (t) => {
  const secret = await hashTicket("lovelace", { logN: 4, r: 1, p: 1 });
  const auth = [anonymous(), byTicket({ principals: { ada: { role: "user", ticket: secret } } })];
  const server = await startServer(t, { realms: [{ name: REALM, auth }] });
  const Who = () => {
    const { state, reason } = useConnection();
    return h("p", null, `${state} ${usePeer().session?.authrole} ${reason}`);
  };
  const Site = () => {
    const [password, setPassword] = useState<string>();
    const login = password === undefined ? {} : { auth: [ticket({ authid: "ada", ticket: password })] };
    const peer = () => createPeer({ url: server.url, realm: REALM, onError: () => {}, ...login });
    const buttons = ["wrong", "lovelace"].map((each) =>
      h("button", { key: each, type: "button", onClick: () => setPassword(each) }, each),
    );
    return [...buttons, h(WampactProvider, { key: `login ${password}`, peer }, h(Who))];
  };
  renderPage(t, server, Site);
  await screen.findByText("ready anonymous undefined");
  fireEvent.click(screen.getByText("wrong"));
  await screen.findByText(/^closed undefined wamp\.error\.authentication_failed/);
  fireEvent.click(screen.getByText("lovelace"));
  await screen.findByText("ready user undefined");
  await expect.poll(() => server.router.stats(REALM).sessions).toBe(2); // of this page, and of the provider around it
});

test("a page that is hidden closes its connection, and makes another one when it is shown", async (t) => {
  const server = await startCalculator(t);
  const open = () => createPeer({ url: server.url, realm: REALM });
  const Sum = () => h("p", null, `sum ${useCall(useClient(createCalculatorClient).add2, [{ a: 2, b: 3 }]).data}`);
  const Page = () => {
    const [mode, setMode] = useState<"visible" | "hidden">("visible");
    const toggle = () => setMode(mode === "visible" ? "hidden" : "visible");
    const children = h(WampactProvider, { peer: open }, h(Sum));
    return [
      h("button", { key: "toggle", type: "button", onClick: toggle }, "toggle"),
      h(Activity, { key: "page", mode, children }),
    ];
  };
  renderPage(t, server, Page);
  await screen.findByText("sum 5");
  await expect.poll(() => server.router.stats(REALM).sessions).toBe(3);
  fireEvent.click(screen.getByRole("button"));
  await expect.poll(() => server.router.stats(REALM).sessions).toBe(2);
  fireEvent.click(screen.getByRole("button"));
  await expect.poll(() => server.router.stats(REALM).sessions).toBe(3);
  await screen.findByText("sum 5");
});

test("a server renders what is there before a connection, and opens none; the page takes over from it", async (t) => {
  const server = await startCalculator(t);
  const open = () => createPeer({ url: server.url, realm: REALM });
  const Waiting = () => {
    const { data } = useCall(useClient(createCalculatorClient).add2, [{ a: 4, b: 5 }], { suspense: true });
    return h("i", null, `suspended ${data}`);
  };
  const Page = () => {
    const { state } = useConnection();
    const sum = useCall(useClient(createCalculatorClient).add2, [{ a: 2, b: 3 }]);
    const said = useTopic(useClient(createChatClient).said, {}, { keep: 5 });
    return [
      h("b", { key: "state" }, `${state} ${sum.status} ${sum.data ?? ""} ${said.status} ${said.value.length}`),
      h(Suspense, { key: "waiting", fallback: h("i", null, "waits") }, h(Waiting)),
    ];
  };
  const app = h(StrictMode, null, h(WampactProvider, { peer: open }, h(Page)));
  const html = renderToString(app);
  expect(html).toContain("connecting pending  pending 0");
  expect(html).toContain("waits");
  expect(server.router.totals(REALM).joined).toBe(1); // the service

  const element = document.createElement("div");
  document.body.append(element);
  element.innerHTML = html;
  const recovered: string[] = [];
  const root = await act(async () =>
    hydrateRoot(element, app, { onRecoverableError: (error) => recovered.push(String(error)) }),
  );
  t.onTestFinished(() => act(() => root.unmount()));
  await screen.findByText("ready success 5 live 0");
  await screen.findByText("suspended 9");
  expect(recovered.length).toBe(1); // the suspended call, which React makes in the browser
});

test("hooks outside of a provider say what is missing", () => {
  const Page = () => h("p", null, useConnection().state);
  expect(() => renderToString(h(Page))).toThrow("put one near the root");
});
