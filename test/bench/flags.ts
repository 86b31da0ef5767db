/** The options of `npm run bench`. */
import { Command, InvalidArgumentError, Option } from "commander";
import type { SerializerId } from "../../src/wire/payload.js";
import { BareClient } from "./load.js";
import { PAYLOADS, type PayloadKind } from "./payloads.js";
import { KNOWN_PEERS } from "./peers.js";
import { LONG, type Rounds, SHORT } from "./rounds.js";
import { calls, type Scenario } from "./scenarios.js";
import { type External, profiles, readExternal } from "./servers.js";

interface Flags {
  readonly full: boolean;
  readonly quick: boolean;
  readonly only?: string;
  readonly serializer?: SerializerId;
  readonly payload?: number;
  readonly of?: PayloadKind;
  readonly connections?: number;
  readonly inFlight?: number;
  readonly url?: string;
  readonly pid?: number;
  readonly realm: string;
  readonly against: readonly (External | string)[];
  readonly peers?: string;
  readonly profile?: string;
  readonly minutes: number;
  readonly write: boolean;
}

const command = new Command("npm run bench --")
  .description(
    "What the router and the client cost, beside baselines measured in the same run. A minute or two, and a part of it all.",
  )
  .option("--full", "all of it, and more exactly: about 15 minutes", false)
  .option("--write", "all of it, and writes docs/benchmarks.md and its charts", false)
  .option("--only <text>", "what has the text in its name, exactly")
  .option("--quick", "with --only: in short rounds", false)
  .addOption(
    new Option("--serializer <id>", "with the next four: one scenario of calls, as large as you say").choices([
      "json",
      "msgpack",
      "cbor",
    ]),
  )
  .option("--payload <bytes>", "default 16", positive)
  .addOption(new Option("--of <kind>", "what the payload is; default text").choices(PAYLOADS))
  .option("--connections <count>", "default 1", positive)
  .option("--in-flight <count>", "default 64", positive)
  .option("--url <url>", "another WAMP router in place of ours")
  .option("--pid <pid>", "its process, for its CPU", positive)
  .option("--realm <name>", "the realm all join, open to anonymous clients", BareClient.realm)
  .option(
    "--against <name>",
    `another router beside ours, in the same rounds; may be given several times: one that is started (${KNOWN_PEERS.join(", ")}; known for all of them), or NAME=URL,PID of one that runs`,
    append,
    [],
  )
  .option("--peers <directory>", "where routers to start are looked for besides PATH: bin/ and node_modules/ in it")
  .option("--profile <directory>", "where each measured server leaves its CPU profile")
  .option("--minutes <count>", "how long `--only abuse` takes", positive, 30)
  .parse();

export const flags: Flags = command.opts<Flags>();
if ((flags.url === undefined) !== (flags.pid === undefined)) command.error("error: --url and --pid: give both or none");
BareClient.realm = flags.realm;
profiles.directory = flags.profile;

/** The scenario that the flags describe, if they do. */
export const own: Scenario | undefined = ownScenario();
/** Whether it is the short half, in short rounds. */
export const short: boolean =
  flags.quick || !(flags.full || flags.write || flags.only !== undefined || own !== undefined);
export const rounds: Rounds = short ? SHORT : LONG;
/** The router in place of ours. */
export const inPlace: External | undefined =
  flags.url === undefined ? undefined : { name: "--url", url: flags.url, pid: flags.pid as number };

/** Returns the items that are requested by name or belong to the short half. */
export function chosen<T extends { readonly name: string; readonly long?: boolean }>(all: readonly T[]): readonly T[] {
  const { only } = flags;
  if (only !== undefined) return all.filter(({ name }) => name.includes(only));
  return all.filter(({ long }) => !(short && long));
}

export function isChosen(name: string, long = false): boolean {
  return chosen([{ name, long }]).length > 0;
}

function ownScenario(): Scenario | undefined {
  const { serializer, payload, of, connections, inFlight } = flags;
  if ([serializer, payload, of, connections, inFlight].every((flag) => flag === undefined)) return undefined;
  return calls({
    serializer: serializer ?? "json",
    bytes: payload ?? 16,
    payload: of ?? "text",
    connections: connections ?? 1,
    inFlight: inFlight ?? 64,
  });
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value <= 0) throw new InvalidArgumentError("Expected a whole number above 0.");
  return value;
}

function append(text: string, before: readonly (External | string)[]): readonly (External | string)[] {
  if (text === "known") return [...before, ...KNOWN_PEERS];
  if (KNOWN_PEERS.includes(text)) return [...before, text];
  const external = readExternal(text);
  if (external) return [...before, external];
  throw new InvalidArgumentError(
    `Expected one of ${KNOWN_PEERS.join(", ")}, or such as other=ws://127.0.0.1:8080/ws,4242.`,
  );
}
