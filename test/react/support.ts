/** Components under test: a router, a service, and a page that uses the hooks. Each test file names its environment, happy-dom. */
import { cleanup, type RenderResult, render } from "@testing-library/react";
import { createElement, type FunctionComponent, StrictMode } from "react";
import { connect, createPeer } from "wampact";
import { WampactProvider, type WampactProviderProps } from "wampact/react";
import { calculatorHandlers } from "../../examples/handlers.js";
import { type CalculatorHandlers, serveCalculator } from "../../schemas/generated/calculator.gen.js";
import { type Finish, startServer, type TestServer } from "../support/peers.js";
import { REALM } from "../support/raw.js";

/** A router behind a port, with a calculator. */
export async function startCalculator(t: Finish, handlers: Partial<CalculatorHandlers> = {}): Promise<TestServer> {
  const server = await startServer(t);
  const service = await connect({
    url: server.url,
    realm: REALM,
    reconnect: { minMs: 1, maxMs: 20 },
    onError: () => {},
  });
  t.onTestFinished(() => service.close({ drainMs: 0 }));
  await serveCalculator(service, { ...calculatorHandlers(), ...handlers });
  return server;
}

/** A page of one component, in StrictMode, with a provider that connects to the server. It is gone when its test ends. */
export function renderPage(
  t: Finish,
  { url }: Pick<TestServer, "url">,
  component: FunctionComponent,
  props: Partial<WampactProviderProps> = {},
): RenderResult {
  t.onTestFinished(cleanup);
  const open = () => createPeer({ url, realm: REALM, reconnect: { minMs: 1, maxMs: 20 }, onError: () => {} });
  const provider = createElement(WampactProvider, { peer: open, ...props }, createElement(component));
  return render(createElement(StrictMode, null, provider));
}
