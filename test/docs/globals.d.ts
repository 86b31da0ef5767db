/** The globals of the snippets. Each page introduces them in words or in an earlier snippet. */
import type { Peer } from "wampact";
import type { CalculatorClient, CalculatorHandlers } from "../../schemas/generated/calculator.gen.js";

declare global {
  const peer: Peer;
  const otherPeer: Peer;
  const client: CalculatorClient;
  const handlers: CalculatorHandlers;
  const signal: AbortSignal;
  /** a page's */
  const document: { getElementById(id: string): Element | null };
  /** autobahn's */
  const session: { call(procedure: string, args: unknown[], kwargs: object): Promise<unknown> };
}
