import type { Message } from "wampact/peer";
import type { Router, Serializer } from "wampact/router";
import { createRouter } from "wampact/router";
import { Payload } from "../../../src/wire/payload.js";

const REALM = "com.example";
const TOPIC = "com.example.echo";
const encoder = new TextEncoder();

/** The messages that a client sends to join and to receive its own publications. The server echoes all others. */
export const OPENING = ["@HELLO", "@SUBSCRIBE"] as const;
/** The message that the client sees for an ABORT. */
export const ABORT = "@ABORT";

/**
 * A router whose clients speak no WAMP: every message is published on a topic that its sender subscribes to, and comes back
 * as it was. So the table drives the listener that applications use, through the public API alone.
 */
export function createEchoRouter(): Router {
  return createRouter({ realms: [{ name: REALM }], serializers: [echo("json", false), echo("cbor", true)] });
}

function echo(id: Serializer["id"], binary: boolean): Serializer {
  return {
    id,
    binary,
    decode: (data) => messageOf(Buffer.from(data as Uint8Array)),
    encode(message, headroom = () => 0) {
      const bytes = bytesOf(message);
      const start = headroom(bytes.length);
      const framed = new Uint8Array(start + bytes.length);
      framed.set(bytes, start);
      return framed;
    },
    decodePayload: () => ({ args: [], kwargs: {} }),
    encodePayload: () => ({ bytes: new Uint8Array(0), elements: 0 }),
  };
}

function messageOf(data: Buffer): Message {
  const text = data.toString("latin1");
  if (text === OPENING[0]) return { type: "HELLO", realm: REALM, details: { roles: { subscriber: {} } } };
  if (text === OPENING[1]) return { type: "SUBSCRIBE", request: 1, options: {}, topic: TOPIC };
  const payload = Payload.of([Uint8Array.from(data)]); // a copy: what came is a view of a network buffer
  return { type: "PUBLISH", request: 2, options: { exclude_me: false }, topic: TOPIC, payload };
}

function bytesOf(message: Message): Uint8Array {
  if (message.type === "EVENT") return message.payload.args[0] as Uint8Array;
  return encoder.encode(`@${message.type}`);
}
