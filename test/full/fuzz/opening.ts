import { type Arena, anyListener } from "./arena.js";
import type { SerializerId } from "./encode.js";
import { REALMS } from "./places.js";
import type { Random } from "./random.js";
import { AttackerSession } from "./session.js";

export const SERIALIZERS: readonly SerializerId[] = ["json", "msgpack", "cbor"];

/** An attacker's session anywhere, with any serializer. */
export function openSession(
  arena: Arena,
  random: Random,
  realm = random.pick([REALMS.calm, REALMS.calm, REALMS.wild, REALMS.strict]),
): AttackerSession {
  const listener = anyListener(random);
  const compressed = listener === "deflate" && random.chance(0.7);
  return new AttackerSession(arena, { listener, serializer: random.pick(SERIALIZERS), realm, compressed });
}
