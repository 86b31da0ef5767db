import { type Attack, count } from "./arena.js";
import { answer } from "./grammar.js";
import type { MessageList } from "./knowledge.js";
import { openSession } from "./opening.js";
import { REALMS } from "./places.js";
import type { Random } from "./random.js";
import type { AttackerSession } from "./session.js";

/** Two sessions, one of which calls the other: progress, answers twice, answers too late, cancels, and a cut anywhere. */
export const duel: Attack = async (arena, random) => {
  const realm = random.pick([REALMS.calm, REALMS.wild]);
  const [callee, caller] = [openSession(arena, random, realm), openSession(arena, random, realm)];
  await Promise.all([callee.join(random), caller.join(random)]);
  const procedure = `com.fuzz.duel.${callee.known.name}`;
  await callee.send(
    callee.bytes(random, [64, ++callee.known.requests, { invoke: random.pick(["single", "roundrobin"]) }, procedure]),
  );
  for (let round = random.between(1, 6); round > 0; round--) {
    const calls = Array.from({ length: random.between(1, 12) }, () => duelCall(random, caller, procedure));
    count(arena, "messages sent", calls.length);
    await caller.send(Buffer.concat(calls));
    const answers = duelAnswers(random, callee);
    count(arena, "messages sent", answers.length);
    await callee.send(Buffer.concat(answers));
    if (random.chance(0.1)) break;
  }
  const [first, second] = random.chance(0.5) ? [callee, caller] : [caller, callee];
  await first.wire.leave(random);
  await second.wire.leave(random);
};

/** A CALL, a part of one that is under way, or a CANCEL. */
function duelCall(random: Random, caller: AttackerSession, procedure: string): Buffer {
  const { known } = caller;
  const last = known.calls.at(-1);
  if (last !== undefined && random.chance(0.25)) {
    return caller.bytes(random, [49, last, { mode: random.pick(["skip", "kill", "killnowait"]) }]);
  }
  const request = ++known.requests;
  known.calls.push(request);
  const options = {
    ...(random.chance(0.5) && { receive_progress: true }),
    ...(random.chance(0.2) && { progress: true }),
    ...(random.chance(0.2) && { timeout: random.between(1, 30) }),
  };
  return caller.bytes(random, [48, request, options, procedure, [request]]);
}

function duelAnswers(random: Random, callee: AttackerSession): Buffer[] {
  const lists: MessageList[] = [];
  while (callee.known.invocations.length > 0 && lists.length < 40 && !random.chance(0.1)) {
    lists.push(answer(random, callee.known, random.chance(0.7) ? "YIELD" : "ERROR"));
    if (random.chance(0.1)) lists.push([...(lists.at(-1) as MessageList)]); // once more
  }
  return lists.map((list) => callee.bytes(random, list));
}
