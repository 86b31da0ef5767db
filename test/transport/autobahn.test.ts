import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Listening } from "wampact/router";
import { type Case, closeFrame, type Step, type Verdict } from "./autobahn/case.js";
import { CaseClient } from "./autobahn/client.js";
import { CLOSING } from "./autobahn/closing.js";
import { createEchoRouter } from "./autobahn/echo.js";
import { FRAGMENTATION, FRAMING, OPCODES, PINGS_AND_PONGS, RESERVED_BITS } from "./autobahn/framing.js";
import { UTF8 } from "./autobahn/utf8.js";

/** Every case of the sections 1 to 7 of the Autobahn WebSocket test suite, run against the server's end over a socket. */
const CASES: readonly Case[] = [
  ...FRAMING,
  ...PINGS_AND_PONGS,
  ...RESERVED_BITS,
  ...OPCODES,
  ...FRAGMENTATION,
  ...UTF8,
  ...CLOSING,
];

const router = createEchoRouter();
let listening: Listening;
beforeAll(async () => {
  listening = await router.listen();
});
afterAll(() => router.close({ drainMs: 0 }));

test("the table holds the 246 cases of the sections 1 to 7, each once", () => {
  expect(new Set(CASES.map(({ number }) => number)).size).toBe(CASES.length);
  const perSection = new Map<string, number>();
  for (const { number } of CASES) {
    const [section = ""] = number.split(".");
    perSection.set(section, (perSection.get(section) ?? 0) + 1);
  }
  expect([...perSection]).toEqual([
    ["1", 16],
    ["2", 11],
    ["3", 7],
    ["4", 10],
    ["5", 20],
    ["6", 145],
    ["7", 37],
  ]);
});

test.for(CASES.map((given) => [given.number, given.what, given] as const))("case %s: %s", async ([, , given], t) => {
  const { binary = false, steps, replies, close, verdict = "OK" } = given;
  const client = await CaseClient.open(listening.port, binary);
  t.onTestFinished(() => client.destroy());
  const probes = await take(client, steps);
  if (close.by === "client") {
    await client.until(() => client.replies.length >= replies.length || client.failed);
    client.write(closeFrame(1000));
  }
  await client.until(() => client.ended);

  expect(client.replies).toEqual(replies);
  expect(close.codes, "the code of the server's close frame").toContain(client.closeCode);
  expect(client.aborts, "one ABORT tells a client of its fault, before the close frame").toBe(isFault(given) ? 1 : 0);
  expect(verdict).toBe(verdictOf(given, probes));
});

/** Takes the steps, and tells for each probe whether the connection was still open. */
async function take(client: CaseClient, steps: readonly Step[]): Promise<readonly boolean[]> {
  const probes: boolean[] = [];
  let pongs = 0;
  for (const step of steps) {
    if (step === "pong") {
      pongs++;
      await client.until(() => client.replies.filter(([kind]) => kind === "pong").length >= pongs);
    } else if (step === "probe") probes.push(await client.probe());
    else if (step === "probe elsewhere") probes.push(await probeElsewhere(client));
    else {
      client.write(step);
      await nextTurn();
    }
  }
  return probes;
}

/** Sends a message on another connection. Its answer arrives after everything that was to be sent to the first connection. */
async function probeElsewhere(client: CaseClient): Promise<boolean> {
  const other = await CaseClient.open(listening.port, false);
  await other.probe();
  await other.probe();
  other.destroy();
  return !client.failed;
}

/** Whether the server has to find fault: only then is there no way to close but one of these codes. */
function isFault({ close }: Case): boolean {
  return close.codes.every((code) => code === 1002 || code === 1007);
}

/** The suite's word for what the probes have shown: the server is strict where it has failed the connection by the last. */
function verdictOf({ verdict }: Case, probes: readonly boolean[]): Verdict {
  if (verdict === "INFORMATIONAL") return verdict;
  expect(probes[0] ?? true, "the first part is legal").toBe(true);
  return probes.at(-1) ? "NON-STRICT" : "OK";
}
