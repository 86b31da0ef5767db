import { allocate } from "../bytes.js";
import type { BatchFraming } from "../serializer.js";
import { BatchReader, LENGTH_BYTES, writeLength } from "./reader.js";

/** The batches of clients with binary frames: the length of each message precedes it. */
export const LENGTH_BATCHES: BatchFraming = {
  encode(serializer, message) {
    const data = serializer.encode(message, () => LENGTH_BYTES);
    writeLength(data, 0, data.length - LENGTH_BYTES);
    return data;
  },
  join(messages, length) {
    const batch = allocate(length);
    let at = 0;
    for (const message of messages as readonly Uint8Array[]) {
      batch.set(message, at);
      at += message.length;
    }
    return batch;
  },
  split(batch) {
    const reader = new BatchReader(batch, "length");
    const messages: (string | Uint8Array)[] = [];
    do messages.push(reader.next());
    while (!reader.over);
    return messages;
  },
};
