import type { NatsConnection } from "@nats-io/transport-node";

/** The maximum size of a message's headers, in bytes. */
const HEADER_BYTES = 256;

/** The smallest `max_payload` of a NATS server that can carry a cluster, in bytes. The messages of a pipe need half of it. */
export const LEAST_PAYLOAD: number = 512 * 1024;

/** Returns the maximum size of a message without its headers, in bytes. */
export function maxValueBytes({ info }: NatsConnection): number {
  return (info?.max_payload ?? Infinity) - HEADER_BYTES;
}
