import type { Serializable } from "node:child_process";
import { isDict } from "../../wire/fields.js";
import type { Channel } from "./messages.js";

/** One end of the channel between a process and its child: a `ChildProcess`, a worker of `node:cluster`, or `process`. */
export interface Messenger {
  send?(message: Serializable, sendHandle: undefined, options: undefined, sent: (error: Error | null) => void): boolean;
  on(event: "message", listener: (message: unknown) => void): unknown;
}

/**
 * Creates a channel for the messages of one name between two processes. Messages of one turn of the event loop are sent together.
 * Messages that cannot be sent are dropped: the other process has ended, and each end detects that by itself.
 */
export function processChannel<Sent, Received>(messenger: Messenger, name = "hub"): Channel<Sent, Received> {
  let gathered: Sent[] = [];
  const flush = () => {
    const messages = gathered as Serializable[];
    gathered = [];
    messenger.send?.({ [name]: messages }, undefined, undefined, () => {});
  };
  return {
    send(message) {
      if (gathered.length === 0) setImmediate(flush);
      gathered.push(message);
    },
    onMessage(listener) {
      messenger.on("message", (message) => {
        const messages = isDict(message) ? message[name] : undefined;
        if (Array.isArray(messages)) for (const each of messages as Received[]) listener(each);
      });
    },
  };
}
