import { groupBy, stood } from "./history.js";
import type { Outcome } from "./run.js";

/** The rules for the calls of every plan. */
export function* callInvariants(outcome: Outcome): Iterable<string> {
  yield* callsSettleOnce(outcome);
  yield* callsAreMadeOnce(outcome);
  yield* callsKeepTheirOrder(outcome);
}

/**
 * Every call is answered exactly once, unless its caller is gone; progress comes before, and in order for each callee that has had it. Further parts of a
 * call that was refused are refused, too.
 */
function* callsSettleOnce(outcome: Outcome): Iterable<string> {
  for (const { key, caller, parts, answers, invocations } of outcome.witness.calls.values()) {
    const finals = answers.filter(({ isFinal }) => isFinal);
    if (finals.length === 0 && stood(caller.closedMs, outcome)) yield `${key} was never answered`;
    const isRefused = parts > 1 && finals[0]?.error !== undefined;
    if (finals.length > (isRefused ? parts : 1)) yield `${key} was answered ${finals.length} times`;
    const progress = answers.filter(({ isFinal }) => !isFinal).map(({ text }) => Number(text.split(" ").at(-1)));
    const starts = progress.filter((number) => number === 1).length;
    const isInOrder = progress.every((number, at) => number === 1 || number === (progress[at - 1] ?? 0) + 1);
    if (!isInOrder || starts > invocations.length) yield `${key} has had its progress as ${progress}`;
    for (const { text, error } of answers)
      if (error === undefined && !text.startsWith(`${key} `)) yield `${key} was answered with "${text}"`;
  }
}

/**
 * A call that was not said to be repeatable has been given to one callee, but for those that said that they were not available. Its parts come in order,
 * from the first that was not refused.
 */
function* callsAreMadeOnce({ witness }: Outcome): Iterable<string> {
  for (const { key, options, invocations, refusals, answers } of witness.calls.values()) {
    const made = groupBy(invocations, ({ callee, request }) => `${callee.name} ${request}`);
    const refused = answers.filter(({ error }) => error !== undefined).length;
    if (options._idempotent !== true && made.size > 1 + refusals + Math.max(0, refused - 1))
      yield `${key} was made ${made.size} times: ${[...made.keys()]}`;
    for (const [which, parts] of made)
      if (parts.some(({ part }, at) => part !== at + (parts[0]?.part ?? 0)))
        yield `${key} came to ${which} as parts ${parts.map((each) => each.part)}`;
  }
}

/**
 * The calls of one session reach another session in order. A call that went to another callee first, which refused it or was gone, may arrive
 * later; and so may one that was about to go to a node that was expelled.
 */
function* callsKeepTheirOrder({ witness, frames, lives }: Outcome): Iterable<string> {
  const last = new Map<string, { readonly key: string; readonly request: number }>();
  for (const { key, caller, invocations, refusals, options, sentMs } of witness.calls.values()) {
    const [first] = invocations;
    if (!first || refusals > 0 || options._idempotent) continue;
    if (lives.some(({ untilMs = 0 }) => sentMs < untilMs && untilMs <= first.atMs)) continue;
    if ([...(frames.callees.get(key) ?? [])].some((callee) => callee !== first.callee.id)) continue;
    const pair = `${caller.name} to ${first.callee.name}`;
    const before = last.get(pair);
    if (before && first.request < before.request) yield `${key} from ${pair} came before ${before.key}`;
    last.set(pair, { key, request: first.request });
  }
}
