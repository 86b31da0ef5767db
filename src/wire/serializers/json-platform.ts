import { TO_CLIENT } from "../codecs-to-client.js";
import { ProtocolViolation } from "../error.js";
import type { Message } from "../messages.js";
import type { PayloadFormat } from "../payload.js";
import { readList } from "../read-list.js";
import type { Serializer } from "../serializer.js";
import { argumentsText, headText, parse, parseArguments, payloadText } from "./json-text.js";

/**
 * WAMP over JSON for clients where messages come as text, as in browsers: the platform's parser does it all. It reads what a client
 * may get, and nothing else. `json.ts` is for Node, where a message's payload passes as bytes.
 */
export function json(): Serializer {
  const encodeText = (message: Message): string => `${headText(message)}${payloadText(message)}]`;
  return {
    ...format,
    binary: false,
    decode: (data) => readList(parse(typeof data === "string" ? data : textOf(data)), TO_CLIENT),
    encode(message, headroom = 0) {
      const text = new TextEncoder().encode(encodeText(message));
      const bytes = new Uint8Array(headroom + text.length);
      bytes.set(text, headroom);
      return bytes;
    },
    encodeText,
  };
}

const format: PayloadFormat = {
  id: "json",
  decodePayload: ({ bytes }) => parseArguments(textOf(bytes)),
  encodePayload(values) {
    const { text, elements } = argumentsText(values);
    return { bytes: new TextEncoder().encode(text), elements };
  },
};

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ProtocolViolation("malformed JSON: not UTF-8");
  }
}
