import type { SettingRule } from "../../wire/settings.js";
import type { HttpPart } from "./part.js";
import { isBelow } from "./target.js";

/** The rule for the path of an HTTP part. */
export const httpPath: SettingRule = {
  expected: 'a path of letters, digits, "-", "_" and ".", such as "/api"',
  quotes: true,
  accepts: (value) => typeof value === "string" && /^(?:\/[\w-][\w.-]*)+$/.test(value),
};

/** Throws `TypeError` if two parts of a listener would answer the same requests, or if a WebSocket path lies below one. */
export function checkHttpPaths(parts: readonly HttpPart[], sockets: readonly string[], where: string): void {
  for (const [index, { path }] of parts.entries()) {
    const other = parts.slice(0, index).find((each) => isBelow(path, each.path) || isBelow(each.path, path));
    if (other) throw new TypeError(`${where}.http[${index}]: "${path}" and "${other.path}" overlap; change one path`);
    const socket = sockets.find((each) => isBelow(each, path));
    if (socket !== undefined)
      throw new TypeError(
        `${where}.http[${index}]: the WebSocket is at "${socket}", which overlaps with "${path}"; change one path`,
      );
  }
}
