/** The definitions that a realm keeps. */
import { expect, test } from "vitest";
import { type RawClient, REALM, startRouter, UNRESTRICTED } from "../support/raw.js";

const URI = "com.example.a";
/** A text that makes the definition `{ text }` of URI take so many bytes. */
const textOf = (bytes: number) => "x".repeat(bytes - `["${URI}",{"text":""}]`.length);

async function define(client: RawClient, uri: string, definition: object): Promise<unknown> {
  const request = client.call("wamp.reflect.define", {}, ["procedure", uri, definition]);
  await client.settle();
  const answer = (client.unread() as unknown as RawAnswer[]).splice(0).find((message) => message.request === request);
  return answer?.type === "ERROR" ? [answer.error, ...answer.args] : "defined";
}

interface RawAnswer {
  readonly type: string;
  readonly request: number;
  readonly error?: string;
  readonly args: readonly unknown[];
}

test("a definition takes 64 KiB as JSON with its URI, and a larger one is refused and changes nothing", async (t) => {
  const { join } = startRouter(t, { realms: [UNRESTRICTED] });
  const client = await join();
  expect(await define(client, URI, { text: textOf(65_536) })).toBe("defined");
  expect(await define(client, URI, { text: textOf(65_537) })).toEqual([
    "wampact.error.limit_exceeded",
    "definition: a definition may have at most 65536 bytes as JSON, including its URI; got 65537",
  ]);
  client.call("wamp.reflect.describe", {}, [URI]);
  expect((await client.receive("RESULT")).args).toEqual([{ kind: "procedure", uri: URI, text: textOf(65_536) }]);
});

test("the definitions of a session take 16 MiB, in which a new one takes the place of that of the same URI", async (t) => {
  const { router, join } = startRouter(t, { realms: [UNRESTRICTED] });
  const client = await join();
  const text = textOf(65_536).slice(4); // the URIs below are longer
  for (let n = 0; n < 256; n++) expect(await define(client, `${URI}.${100 + n}`, { text })).toBe("defined");
  expect(await define(client, `${URI}.100`, { text })).toBe("defined");
  expect(await define(client, `${URI}.999`, { text })).toEqual([
    "wampact.error.limit_exceeded",
    `session.maxDefinitionBytes: this session would have ${257 * 65_536}, but the limit is 16777216`,
  ]);
  expect(router.stats(REALM).definitions).toBe(256);
  const other = await join();
  expect(await define(other, URI, { text })).toBe("defined");
});

test("a definition that JSON cannot carry, or of no URI, is refused", async (t) => {
  const { router, join } = startRouter(t, { realms: [UNRESTRICTED] });
  const client = await join();
  expect(await define(client, URI, { least: Number.NaN })).toEqual([
    "wamp.error.invalid_argument",
    expect.stringContaining("definition: expected values that JSON can represent"),
  ]);
  expect(await define(client, "com example", {})).toEqual([
    "wamp.error.invalid_uri",
    '"com example" is not a valid wildcard pattern',
  ]);
  expect(await define(client, "com.example.{template}.of", {})).toBe("defined");
  expect(router.stats(REALM)).toMatchObject({ definitions: 1, definers: 1 });
});
