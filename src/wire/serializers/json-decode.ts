import type { ReadableMessages } from "../codec.js";
import type { Message } from "../messages.js";
import { readList } from "../read-list.js";
import { DepthViolation, RefusedPayload } from "../refused-payload.js";
import { survey } from "./json-survey.js";
import { parse } from "./json-text.js";

/**
 * Decodes a message from text with the platform's parser, including its payload. Throws `ProtocolViolation` if it is not one
 * of `messages`.
 */
export function decodeText(text: string, maxDepth: number, messages: ReadableMessages): Message {
  const { tooDeep, wide } = survey(text, maxDepth);
  const list = parse(text, wide);
  if (tooDeep === undefined || !Array.isArray(list)) return readList(list, messages);
  const violation = new DepthViolation(maxDepth);
  const payloadAt = (messages.get(list[0])?.fields ?? list.length) + 1;
  if (tooDeep < payloadAt) throw violation;
  throw new RefusedPayload(readList(list.slice(0, payloadAt), messages), violation.message);
}
