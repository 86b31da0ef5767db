import { createHash } from "node:crypto";
import type { JetStreamManager, StreamConfig, StreamInfo } from "@nats-io/jetstream";
import type { HistoryKey } from "../../router/store/store.js";
import { hasCode, isPassing, STREAM_NAME_IN_USE, STREAM_NOT_FOUND, wordsOf } from "./faults.js";
import type { NatsPackages } from "./packages.js";

/** The name of a stream. */
export interface StreamPlace {
  readonly name: string;
  /** The prefix of its subjects. */
  readonly subject: string;
}

/** The settings of a JetStream stream with kept events. */
export interface KeptStreamConfig extends StreamPlace {
  /** The maximum number of events of one subject. The oldest beyond it are dropped. */
  readonly maxOfSubject: number;
  /** The maximum number of bytes of all events, as JetStream counts them. The oldest beyond it are dropped. */
  readonly maxBytes: number;
  /** The number of servers that keep the stream. */
  readonly replicas: number;
}

/** The time that JetStream remembers message IDs, in nanoseconds. A message that is sent again within it is stored once. */
const REMEMBERED_NS = 30_000_000_000;
/** Realms whose name becomes part of a stream's name unchanged, except for the dots. */
const PLAIN = /^[0-9a-z_]{1,100}(\.[0-9a-z_]{1,100})*$/;
const LONGEST = 100;

/** Returns the stream of a realm's retained events. */
export function retainedStream(cluster: string, realm: string): StreamPlace {
  return placeOf(cluster, `ret_${token(realm)}`);
}

/** Returns the stream of a history of a realm. */
export function historyStream(cluster: string, realm: string, { topic, match }: HistoryKey): StreamPlace {
  return placeOf(cluster, `his_${token(realm)}-${hashed(JSON.stringify([match, topic]))}`);
}

/** Returns a stream's name and subjects. All subjects of a cluster have the same prefix, so that permissions can name them. */
function placeOf(cluster: string, own: string): StreamPlace {
  return { name: `wampact_${cluster}_${own}`, subject: `wampact_kept.${cluster}.${own}` };
}

/** Returns the subject of a topic. A URI itself is not a valid subject. */
export function subjectOf({ subject }: StreamPlace, topic: string): string {
  return `${subject}.${hashed(topic)}`;
}

/** Returns a token without underscores, so that no two realms or clusters share a stream. */
function token(realm: string): string {
  const isPlain = PLAIN.test(realm) && realm.length <= LONGEST && !realm.includes("_");
  return isPlain ? realm.replaceAll(".", "-") : hashed(realm);
}

/** Returns a hash that begins with a capital letter, as no plain name does. */
function hashed(text: string): string {
  return `X${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;
}

/**
 * Creates a stream if it is missing, and applies the configured limits. Rejects with a reason if a foreign stream has the name or
 * JetStream has no space.
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
      `the stream "${name}" of ${maxBytes} bytes on ${replicas} server(s) cannot be ${what}: ${wordsOf(error)}; give JetStream more space, or natsStore() lower limits`,
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

/** Returns the wanted configuration of a stream. */
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

/** Settings of a stream that follow the routers' configuration, which is the same on all. */
const FOLLOWING = ["max_msgs_per_subject", "max_bytes", "num_replicas", "duplicate_window"] as const;
/** Settings that somebody else has changed if they differ. */
const FIXED = ["subjects", "storage", "retention", "discard", "max_msgs", "max_age", "max_msg_size"] as const;

/** Returns the settings to change, or `undefined` if there are none. */
function outdated(found: StreamConfig, wanted: Partial<StreamConfig>): Partial<StreamConfig> | undefined {
  const names = FOLLOWING.filter((name) => found[name] !== wanted[name]);
  if (names.length === 0) return undefined;
  return Object.fromEntries(names.map((name) => [name, wanted[name]]));
}

/** Returns the reason why an existing stream cannot be used. */
function strangeness(found: StreamConfig, wanted: Partial<StreamConfig>): string | undefined {
  const differing: string[] = FIXED.filter((name) => JSON.stringify(found[name]) !== JSON.stringify(wanted[name])).map(
    (name) => `${name} is ${JSON.stringify(found[name])} instead of ${JSON.stringify(wanted[name])}`,
  );
  for (const name of ["sealed", "no_ack"] as const) if (found[name] === true) differing.push(`${name} is true`);
  for (const name of ["mirror", "sources", "subject_transform", "republish"] as const)
    if (found[name]) differing.push(`it has ${name}`);
  if (differing.length === 0) return undefined;
  return `the stream "${found.name}" differs from the one of natsStore(): ${differing.join(", ")}; correct it with "nats stream edit", or delete it with all its events`;
}
