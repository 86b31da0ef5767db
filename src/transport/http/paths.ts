import type { SettingRule } from "../../wire/settings.js";
import type { HttpPart } from "./part.js";
import { isBelow } from "./target.js";

/** Where an HTTP part is. */
export const httpPath: SettingRule = {
  expected: 'a path of letters, digits, "-", "_" and ".", such as "/api"',
  quotes: true,
  accepts: (value) => typeof value === "string" && /^(?:\/[\w-][\w.-]*)+$/.test(value),
};

/** Throws `TypeError` where two parts of a listener would answer the same requests, or a WebSocket stands among them. */
export function checkHttpPaths(parts: readonly HttpPart[], sockets: readonly string[], where: string): void {
  for (const [index, { path }] of parts.entries()) {
    const other = parts.slice(0, index).find((each) => isBelow(path, each.path) || isBelow(each.path, path));
    if (other)
      throw new TypeError(
        `${where}.http[${index}]: "${path}" and "${other.path}" lie in each other; give one another path`,
      );
    const socket = sockets.find((each) => isBelow(each, path));
    if (socket !== undefined)
      throw new TypeError(
        `${where}.http[${index}]: the WebSocket is at "${socket}", which lies in "${path}"; give one another path`,
      );
  }
}
