import { channel } from "node:diagnostics_channel";
import type { CalledEvent, PublishedEvent, RouterEvent } from "./observer.js";

type ToldEvent = RouterEvent | CalledEvent | PublishedEvent;
type Channels = { readonly [Type in ToldEvent["type"]]: ReturnType<typeof channel> };

/** The channels of `node:diagnostics_channel` for the events of all routers in this process: one per event type. */
export const CHANNELS: Channels = {
  listening: channel("wampact:router:listening"),
  draining: channel("wampact:router:draining"),
  closed: channel("wampact:router:closed"),
  refused: channel("wampact:router:refused"),
  abandoned: channel("wampact:router:abandoned"),
  joined: channel("wampact:router:joined"),
  left: channel("wampact:router:left"),
  frozen: channel("wampact:router:frozen"),
  dropped: channel("wampact:router:dropped"),
  denied: channel("wampact:router:denied"),
  limited: channel("wampact:router:limited"),
  kept_apart: channel("wampact:router:kept_apart"),
  cluster: channel("wampact:router:cluster"),
  fault: channel("wampact:router:fault"),
  called: channel("wampact:router:called"),
  published: channel("wampact:router:published"),
};

/** Publishes an event to the channel of its type. */
export function publishOnChannel(event: RouterEvent): void {
  const told = CHANNELS[event.type];
  if (told.hasSubscribers) told.publish(event);
}
