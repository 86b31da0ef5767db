import { pathToFileURL } from "node:url";
import type { TestContext } from "vitest";
import type { Peer } from "wampact";
import { createTestRouter } from "wampact/testing";
import type { TestProject } from "../../support/project.js";

// biome-ignore lint/suspicious/noExplicitAny: of contracts that the tests have made up, which no type here knows
export type Loose = any;
/** The members of a client as the test calls them. */
export type Client = Record<string, Loose>;

/** A full and a thin client of one contract, with the modules that they come from, and the peers of the service and of both clients. */
export interface Clients {
  readonly full: Client;
  readonly thin: Client;
  readonly modules: { readonly full: Record<string, Loose>; readonly thin: Record<string, Loose> };
  readonly service: Peer;
  readonly peer: Peer;
}

export async function load(project: TestProject, name: string): Promise<Record<string, Loose>> {
  return import(/* @vite-ignore */ pathToFileURL(`${project.dir}/schemas/generated/${name}.gen.ts`).href);
}

/** A full and a thin client of one contract, beside its service. */
export async function clientsOf(
  t: TestContext,
  project: TestProject,
  { name, handlers, options }: { name: string; handlers: object; options?: object },
): Promise<Clients> {
  const router = createTestRouter();
  t.onTestFinished(() => router.close());
  const [service, peer] = [await router.connect(), await router.connect()];
  const [full, thin] = [await load(project, name), await load(project, `${name}.thin`)];
  const pascal = name.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase());
  await full[`serve${pascal}`]?.(service, handlers, options);
  const create = `create${pascal}Client`;
  return {
    full: full[create](peer) as Client,
    thin: thin[create](peer) as Client,
    modules: { full, thin },
    service,
    peer,
  };
}
