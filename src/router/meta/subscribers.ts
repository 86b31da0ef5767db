import type { Dict } from "../../wire/fields.js";
import type { Id } from "../../wire/ids.js";
import { Payload } from "../../wire/payload.js";
import type { MatchPolicy } from "../../wire/uris.js";
import type { Subscription } from "../subscription.js";
import { lackOf, type PageRequest, pageAnswer, pageOfIds } from "./pages.js";
import type { MetaAnswer } from "./procedure.js";
import type { MetaSubjects } from "./subjects.js";

/** The questions to other routers about a subscription. */
export const SUBSCRIBERS = "subscribers";
export const SUBSCRIBER_COUNT = "subscriber_count";

/** Answers a page of the subscribers at all routers. */
export function listSubscribers(
  subjects: MetaSubjects,
  subscription: Subscription,
  request: PageRequest,
): MetaAnswer | Promise<MetaAnswer> {
  const link = subjects.link();
  const own = subscription.subscribers;
  if (!link || !subscription.elsewhere) return pageAnswer(pageOfIds(own, request));
  const { from, receiver } = request;
  const given = { ...patternOf(subscription), from, maxReceiveBytes: receiver.maxReceiveBytes ?? null };
  return link.ask<readonly Id[]>({ about: SUBSCRIBERS, given }).then(({ answers, unanswered }) => {
    const elsewhere = answers.flatMap((ids) => ids.map((id) => ({ id })));
    const page = pageOfIds([...own, ...elsewhere], request);
    return pageAnswer(page, page.items, lackOf(unanswered));
  });
}

/** Answers the number of subscribers at all routers. */
export function countSubscribers(subjects: MetaSubjects, subscription: Subscription): MetaAnswer | Promise<MetaAnswer> {
  const link = subjects.link();
  const own = subscription.subscribers.size;
  if (!link || !subscription.elsewhere) return [own];
  const asked = link.ask<number>({ about: SUBSCRIBER_COUNT, given: patternOf(subscription) });
  return asked.then(({ answers, unanswered }) =>
    Payload.of([answers.reduce((sum, count) => sum + count, own)], lackOf(unanswered)),
  );
}

/** Answers another router: the subscribers here, up to a page and one more, which starts the next page. */
export function answerSubscribers(subjects: MetaSubjects, given: Dict): readonly Id[] {
  const { from, maxReceiveBytes } = given;
  const receiver = { maxReceiveBytes: typeof maxReceiveBytes === "number" ? maxReceiveBytes : undefined };
  const subscribers = find(subjects, given)?.subscribers ?? [];
  const { items, next } = pageOfIds(subscribers, { from: from as number, receiver });
  return next === undefined ? items : [...items, next];
}

export function answerSubscriberCount(subjects: MetaSubjects, given: Dict): number {
  return find(subjects, given)?.subscribers.size ?? 0;
}

function patternOf({ uri: topic, match }: Subscription): Dict {
  return { topic, match };
}

function find({ broker }: MetaSubjects, { topic, match }: Dict): Subscription | undefined {
  return broker.subscriptions.book.lookup(String(topic), match as MatchPolicy);
}
