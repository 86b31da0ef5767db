import { TEXT_BATCHES } from "../batches/text.js";
import { depthFrom, type SerializerOptions } from "../bounds.js";
import type { ReadableMessages } from "../codec.js";
import { TO_CLIENT } from "../codecs-to-client.js";
import { violation } from "../error.js";
import type { Message } from "../messages.js";
import type { PayloadFormat } from "../payload.js";
import { noHeadroom, type Serializer } from "../serializer.js";
import { decodeText } from "./json-decode.js";
import { argumentsText, headText, JsonRules, parseUnverified, payloadText } from "./json-text.js";

/**
 * Creates the serializer for WAMP over JSON on platforms that receive messages as text, such as browsers. It uses the
 * platform's parser and accepts only messages to a client. Node uses `json.ts`, which keeps payloads as bytes.
 */
export function json(options: SerializerOptions = {}): Serializer {
  return jsonOf(TO_CLIENT, options);
}

/** Creates `json()` for clients that receive certain messages only. */
export function jsonOf(messages: ReadableMessages, options: SerializerOptions = {}): Serializer {
  const maxDepth = depthFrom(options, "json");
  const rules = new JsonRules(maxDepth);
  const encodeText = (message: Message): string => `${headText(message, rules)}${payloadText(message, rules)}]`;
  const format: PayloadFormat = {
    id: "json",
    decodePayload: ({ bytes }) => parseUnverified(textOf(bytes), maxDepth),
    encodePayload(values) {
      const { text, elements } = argumentsText(values, rules);
      return { bytes: new TextEncoder().encode(text), elements };
    },
  };
  return {
    ...format,
    binary: false,
    decode: (data) => decodeText(typeof data === "string" ? data : textOf(data), maxDepth, messages),
    encode(message, headroom = noHeadroom, tailroom = 0) {
      const text = new TextEncoder().encode(encodeText(message));
      const start = headroom(text.length);
      const bytes = new Uint8Array(start + text.length + tailroom);
      bytes.set(text, start);
      return bytes;
    },
    encodeText,
    batches: TEXT_BATCHES,
  };
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw violation("malformed JSON", "not UTF-8");
  }
}
