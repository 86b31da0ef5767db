import { TEXT_BATCHES } from "../batches/text.js";
import { MAX_DEPTH } from "../bounds.js";
import type { ReadableMessages } from "../codec.js";
import { TO_CLIENT } from "../codecs-to-client.js";
import { violation } from "../error.js";
import type { Message } from "../messages.js";
import { type MessageSerializer, noHeadroom, type Serializer } from "../serializer.js";
import { depthFrom, type SerializerOptions } from "../serializer-options.js";
import { decodeText } from "./json-decode.js";
import { argumentsText, elementsOf, JsonRules, messageText, parseUnverified } from "./json-text.js";

/**
 * Creates the serializer for WAMP over JSON on platforms that receive messages as text, such as browsers. It uses the
 * platform's parser and accepts only messages to a client. Node uses `json.ts`, which keeps payloads as bytes.
 */
export function json(options: SerializerOptions = {}): Serializer {
  const maxDepth = depthFrom(options, "json");
  const rules = new JsonRules(maxDepth);
  return {
    ...jsonOf(TO_CLIENT, rules),
    decodePayload: ({ bytes }) => parseUnverified(textOf(bytes), maxDepth),
    encodePayload: (values) => ({
      bytes: new TextEncoder().encode(argumentsText(values, rules)),
      elements: elementsOf(values),
    }),
  };
}

/** Creates the part of `json()` that encodes and decodes whole messages. It decodes only certain messages. */
export function jsonOf(messages: ReadableMessages, rules: JsonRules = new JsonRules(MAX_DEPTH)): MessageSerializer {
  const encodeText = (message: Message): string => messageText(message, rules);
  return {
    id: "json",
    binary: false,
    decode: (data) => decodeText(typeof data === "string" ? data : textOf(data), rules.maxDepth, messages),
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
