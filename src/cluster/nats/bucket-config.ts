import type { StreamConfig } from "@nats-io/jetstream";

/** The settings with which a stream keeps each value until it is overwritten. Others would lose registrations. */
const REQUIRED: readonly (readonly [name: keyof StreamConfig, isFit: (config: StreamConfig) => boolean])[] = [
  [
    "subjects",
    ({ name, subjects = [] }) => subjects.length === 1 && subjects[0] === `$KV.${name.slice("KV_".length)}.>`,
  ],
  ["max_age", ({ max_age }) => max_age === 0],
  ["max_msgs", ({ max_msgs, discard }) => max_msgs === -1 || discard === "new"],
  ["max_bytes", ({ max_bytes, discard }) => max_bytes === -1 || discard === "new"],
  ["max_msg_size", ({ max_msg_size = -1 }) => max_msg_size === -1],
  ["retention", ({ retention }) => retention === "limits"],
  ["sealed", ({ sealed }) => sealed !== true],
  ["no_ack", ({ no_ack }) => no_ack !== true],
  ["mirror", ({ mirror }) => mirror === undefined],
  ["sources", ({ sources = [] }) => sources.length === 0],
];

/** Returns the reason why an existing stream cannot be the directory of a cluster, or `undefined` if it can. */
export function bucketRefusal(config: StreamConfig): string | undefined {
  const strange = REQUIRED.filter(([, isFit]) => !isFit(config));
  if (strange.length === 0) return undefined;
  const shown = strange.map(([name]) => `${name} ${JSON.stringify(config[name])}`).join(", ");
  return `the stream "${config.name}" cannot be the directory of a cluster, because it has ${shown}; delete it, and the routers create it again, or give the cluster another name`;
}
