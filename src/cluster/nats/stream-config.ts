import { createHash } from "node:crypto";
import type { JetStreamManager, StreamConfig, StreamInfo } from "@nats-io/jetstream";
import type { HistoryKey } from "../../router/store/store.js";
import { hasCode, isPassing, STREAM_NAME_IN_USE, STREAM_NOT_FOUND, wordsOf } from "./faults.js";
import type { NatsPackages } from "./packages.js";

/** What a stream is called. */
export interface StreamPlace {
  readonly name: string;
  /** What its subjects begin with. */
  readonly subject: string;
}

/** A stream of JetStream that kept events are in. */
export interface KeptStreamConfig extends StreamPlace {
  /** Events of one subject; the oldest beyond it are dropped. */
  readonly maxOfSubject: number;
  /** Bytes of all events, as JetStream counts them; the oldest beyond it are dropped. */
  readonly maxBytes: number;
  /** On how many servers. */
  readonly replicas: number;
}

/** How long JetStream remembers what it has acknowledged, so that what is sent again is kept once; in nanoseconds. */
const REMEMBERED_NS = 30_000_000_000;
/** Realms whose name goes into that of a stream as it is, but for the dots. */
const PLAIN = /^[0-9a-z_]{1,100}(\.[0-9a-z_]{1,100})*$/;
const LONGEST = 100;

/** The stream of a realm's retained events. */
export function retainedStream(cluster: string, realm: string): StreamPlace {
  return placeOf(cluster, `ret_${token(realm)}`);
}

/** The stream of a history of a realm. */
export function historyStream(cluster: string, realm: string, { topic, match }: HistoryKey): StreamPlace {
  return placeOf(cluster, `his_${token(realm)}-${hashed(JSON.stringify([match, topic]))}`);
}

/** All subjects of a cluster begin alike, so that permissions can name them. */
function placeOf(cluster: string, own: string): StreamPlace {
  return { name: `wampact_${cluster}_${own}`, subject: `wampact_kept.${cluster}.${own}` };
}

/** The subject of a topic; a URI is none. */
export function subjectOf({ subject }: StreamPlace, topic: string): string {
  return `${subject}.${hashed(topic)}`;
}

/** Has no underscore, so that no two realms of no two clusters have one stream. */
function token(realm: string): string {
  const isPlain = PLAIN.test(realm) && realm.length <= LONGEST && !realm.includes("_");
  return isPlain ? realm.replaceAll(".", "-") : hashed(realm);
}

/** Begins with a capital letter, as no plain name does. */
function hashed(text: string): string {
  return `X${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;
}

/**
 * Makes a stream where it is missing, and gives it the bounds of the configuration. Rejects in words where it is another one, or JetStream has no
 * room for it.
 */
export async function ensureStream(
  config: KeptStreamConfig,
  manager: JetStreamManager,
  packages: NatsPackages,
): Promise<StreamInfo> {
  const { name, maxBytes, replicas } = config;
  const refused = (what: string, error: unknown) => {
    if (isPassing(error, packages)) return error;
    return new Error(
      `the stream "${name}" of ${maxBytes} bytes on ${replicas} server(s) cannot be ${what}: ${wordsOf(error)}; give JetStream more room, or natsStore() smaller bounds`,
      { cause: error },
    );
  };
  const wanted = wantedConfig(config, packages.jetstream);
  const make = async () => {
    try {
      return await manager.streams.add(wanted);
    } catch (error) {
      if (!hasCode(error, STREAM_NAME_IN_USE, packages)) throw refused("made", error);
      return manager.streams.info(name); // another router was faster
    }
  };
  const found = await manager.streams.info(name).catch((error: unknown) => {
    if (hasCode(error, STREAM_NOT_FOUND, packages)) return make();
    throw error;
  });
  const refusal = strangeness(found.config, wanted);
  if (refusal) throw new Error(refusal);
  const changes = outdated(found.config, wanted);
  if (!changes) return found;
  return manager.streams.update(name, changes).catch((error: unknown) => {
    throw refused("changed", error);
  });
}

/** A stream as it is to be. */
function wantedConfig(
  { name, subject, maxOfSubject, maxBytes, replicas }: KeptStreamConfig,
  { StorageType, RetentionPolicy, DiscardPolicy }: NatsPackages["jetstream"],
): Partial<StreamConfig> & Pick<StreamConfig, "name" | "subjects"> {
  return {
    name,
    subjects: [`${subject}.*`],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_msgs: -1,
    max_age: 0,
    max_msg_size: -1,
    max_msgs_per_subject: maxOfSubject,
    max_bytes: maxBytes,
    num_replicas: replicas,
    duplicate_window: REMEMBERED_NS,
  };
}

/** Settings of a stream that follow the configuration of the routers, all of which have the same. */
const FOLLOWING = ["max_msgs_per_subject", "max_bytes", "num_replicas", "duplicate_window"] as const;
/** Settings that somebody else has given to a stream, where they differ. */
const FIXED = ["subjects", "storage", "retention", "discard", "max_msgs", "max_age", "max_msg_size"] as const;

/** Settings that are to be changed; `undefined` where there are none. */
function outdated(found: StreamConfig, wanted: Partial<StreamConfig>): Partial<StreamConfig> | undefined {
  const names = FOLLOWING.filter((name) => found[name] !== wanted[name]);
  if (names.length === 0) return undefined;
  return Object.fromEntries(names.map((name) => [name, wanted[name]]));
}

/** Why a stream cannot be used as it is, in words. */
function strangeness(found: StreamConfig, wanted: Partial<StreamConfig>): string | undefined {
  const differing: string[] = FIXED.filter((name) => JSON.stringify(found[name]) !== JSON.stringify(wanted[name])).map(
    (name) => `${name} is ${JSON.stringify(found[name])} instead of ${JSON.stringify(wanted[name])}`,
  );
  for (const name of ["sealed", "no_ack"] as const) if (found[name] === true) differing.push(`${name} is true`);
  for (const name of ["mirror", "sources", "subject_transform", "republish"] as const)
    if (found[name]) differing.push(`it has ${name}`);
  if (differing.length === 0) return undefined;
  return `the stream "${found.name}" is not as natsStore() makes it: ${differing.join(", ")}; correct it by "nats stream edit", or delete it with all events that it keeps`;
}
