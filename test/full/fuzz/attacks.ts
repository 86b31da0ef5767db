/** The ways in which one connection attacks; `polite.ts` has those that keep to the protocol. */
import { setTimeout as wait } from "node:timers/promises";
import { type Arena, type Attack, anyListener, count } from "./arena.js";
import { duel } from "./duel.js";
import { encode } from "./encode.js";
import { anyFrame, handshake } from "./frames.js";
import { legalMessage } from "./grammar.js";
import { anyRequest, noRequest } from "./http.js";
import { openSession, SERIALIZERS } from "./opening.js";
import { polite } from "./polite.js";
import type { Random } from "./random.js";
import type { AttackerSession } from "./session.js";
import { spoiltBytes, spoiltMessage } from "./spoil.js";
import { Wire } from "./wire.js";

/** Requests that are none, and connections that end within one. */
const http: Attack = async (arena, random) => {
  const wire = Wire.open(arena, anyListener(random));
  const request = anyRequest(random);
  const all = random.chance(0.1) ? request + anyRequest(random) : request;
  wire.write(random.chance(0.15) ? all.slice(0, random.below(all.length)) : all);
  let answered = false;
  wire.onReceived(() => {
    answered = true;
  });
  // Half of them do not wait for the answer, so that it meets a connection that is gone.
  if (random.chance(0.3)) await wire.until(() => answered, 20);
  else if (random.chance(0.5)) await wire.until(() => answered, random.below(3));
  if (answered && random.chance(0.3)) wire.write(anyFrame(random));
  await wire.leave(random);
};

/** An upgrade that will be refused, reset at about the time of its refusal. */
const resetRefused: Attack = async (arena, random) => {
  const wire = Wire.open(arena, anyListener(random));
  const [right, wrong] = random.pick([
    ["/ws", "/nobody"],
    ["wamp.2", "soap"],
    [": 13", ": 12"],
  ] as const);
  const request = handshake(random.pick(SERIALIZERS)).replace(right, wrong);
  await wire.until(() => wire.socket.readyState === "open", 500);
  wire.write(request + "x".repeat(random.pick([0, 0, 10_000, 200_000])));
  if (random.chance(0.7)) await wait(random.below(3));
  wire.reset();
  await wire.closed;
};

/** Bytes that are not for this port: noise, TLS to a plain port, plain HTTP to a TLS port. */
const noise: Attack = async (arena, random) => {
  const toTls = random.chance(0.5);
  const listener = toTls ? "tls" : anyListener(random);
  const wire = Wire.open(arena, listener, { tls: !toTls && random.chance(0.2) });
  wire.write(random.chance(0.5) ? noRequest(random) : anyRequest(random));
  await wire.until(() => false, random.below(10));
  await wire.leave(random);
};

/** A connection that is slow: bytes one by one, or none at all, and then it is half open. */
const slow: Attack = async (arena, random) => {
  const wire = Wire.open(arena, anyListener(random));
  const bytes = random.chance(0.5) ? handshake(random.pick(SERIALIZERS)) : anyRequest(random);
  for (const byte of bytes.slice(0, random.pick([0, 5, 40, 400]))) {
    wire.write(byte);
    if (random.chance(0.2)) await wait(random.below(4));
  }
  if (random.chance(0.3)) wire.socket.end();
  await wire.until(() => false, random.pick([1, 50, 300]));
  await wire.leave(random);
};

/** A WebSocket that sends frames of all kinds, before or after HELLO. */
const frames: Attack = async (arena, random) => {
  const session = openSession(arena, random);
  if (random.chance(0.7)) await session.join(random);
  else session.wire.write(handshake(session.serializer));
  for (let burst = random.between(1, 4); burst > 0 && !session.wire.isOver; burst--) {
    const some = Array.from({ length: random.between(1, 6) }, () =>
      random.chance(0.5) ? anyFrame(random) : session.bytes(random, legalMessage(random, session.known)),
    );
    const bytes = Buffer.concat(some);
    session.wire.write(random.chance(0.3) ? spoiltBytes(random, bytes) : bytes);
    await session.wire.until(() => session.abort !== undefined, random.below(4));
  }
  await session.wire.leave(random);
};

const CARE = { careful: 60, rough: 30, wild: 10 };
/** How much of what a session sends is spoilt: most sessions live long, so that most messages are read. */
const SPOILT = { careful: 0, rough: 0.03, wild: 0.4 } as const;

/** A session that joins and sends many messages, learning from the answers. */
const session: Attack = async (arena, random) => {
  const kind = random.weighted(CARE);
  const attacker = openSession(arena, random);
  const batch = (size: number) =>
    Buffer.concat(Array.from({ length: size }, () => messageBytes(arena, random, attacker, SPOILT[kind])));
  const joined = await attacker.join(random, random.chance(0.3) ? batch(random.between(1, 20)) : undefined);
  if (!joined || attacker.abort) return attacker.wire.leave(random);
  if (random.chance(0.02)) attacker.wire.socket.pause(); // it is deaf from now on
  for (let round = random.between(1, 8); round > 0 && !attacker.wire.isOver; round--) {
    const bytes = batch(random.between(5, 60));
    if (random.chance(0.03)) {
      attacker.wire.write(bytes.subarray(0, random.below(bytes.length))); // cut anywhere
      break;
    }
    if (!(await attacker.send(bytes))) break;
    if (random.chance(0.03)) await again(arena, random, attacker);
  }
  count(arena, attacker.abort ? `${kind} sessions aborted` : `${kind} sessions not aborted`);
  await attacker.wire.leave(random);
};

/** GOODBYE, then HELLO on the same transport, at times without waiting for the echo. */
async function again(arena: Arena, random: Random, attacker: AttackerSession): Promise<void> {
  const goodbye = attacker.bytes(random, [6, {}, "wamp.close.close_realm"]);
  const hello = attacker.bytes(random, attacker.hello());
  count(arena, "GOODBYE and HELLO again");
  attacker.known.requests = 0;
  if (random.chance(0.3)) await attacker.send(Buffer.concat([goodbye, hello]));
  else if (await attacker.send(goodbye)) await attacker.send(hello);
}

function messageBytes(arena: Arena, random: Random, attacker: AttackerSession, spoilt: number): Buffer {
  const isSpoilt = random.chance(spoilt);
  const list = isSpoilt ? spoiltMessage(random, attacker.known) : legalMessage(random, attacker.known);
  count(arena, "messages sent");
  if (!isSpoilt || !random.chance(0.3)) return attacker.bytes(random, list);
  const payload = encode(attacker.serializer, list);
  return attacker.frames(random, spoiltBytes(random, payload));
}

/** Each attack with its share of the connections. */
export const ATTACKS: Readonly<Record<string, { readonly attack: Attack; readonly weight: number }>> = {
  session: { attack: session, weight: 45 },
  duel: { attack: duel, weight: 6 },
  frames: { attack: frames, weight: 10 },
  http: { attack: http, weight: 24 },
  "reset refused": { attack: resetRefused, weight: 8 },
  noise: { attack: noise, weight: 3 },
  slow: { attack: slow, weight: 1 },
  polite: { attack: polite, weight: 3 },
};
