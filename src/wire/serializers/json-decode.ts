import type { ReadableMessages } from "../codec.js";
import type { Message } from "../messages.js";
import { readList } from "../read-list.js";
import { DepthViolation, RefusedPayload } from "../refused-payload.js";
import { isDeeper, isShallow } from "./json-depth.js";
import { mayContainWide } from "./json-integers.js";
import { parse } from "./json-text.js";

/**
 * Decodes a message from text with the platform's parser, including its payload. Throws `ProtocolViolation` if it is not one
 * of `messages`.
 */
export function decodeText(text: string, maxDepth: number, messages: ReadableMessages): Message {
  const list = parse(text, mayContainWide(text));
  const levels = maxDepth + 1; // the message's own list does not count
  if (isShallow(text, levels) || !Array.isArray(list) || !isDeeper(list, levels)) return readList(list, messages);
  const fault = new DepthViolation(maxDepth);
  const payloadAt = (messages.get(list[0])?.fields ?? list.length) + 1;
  const head = list.slice(0, payloadAt);
  if (isDeeper(head, levels)) throw fault;
  throw new RefusedPayload(readList(head, messages), fault.message);
}
