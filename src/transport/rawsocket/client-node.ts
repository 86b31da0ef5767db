import type { SettingRule } from "../../wire/settings.js";
import type { OpenRawSocket, Place } from "./client.js";

const DEFAULT_PORTS = { "rs:": 80, "rss:": 443 };

/** The rule for a router's URL. */
export const url: SettingRule = {
  expected: 'a ws:, wss:, rs:, rss: or unix: URL such as "ws://127.0.0.1:8080/ws", or a list of them',
  quotes: true,
  accepts: (value) =>
    [value].flat().every((each) => typeof each === "string" && (/^wss?:\/\//.test(each) || placeOf(each))),
};

/** Opens a RawSocket on Node; the code is loaded on first use. Skips serializers that the router does not support. */
export const openRawSocket: OpenRawSocket | undefined = (url, options) => {
  const place = placeOf(url);
  return place && import("./client-open.js").then(({ open }) => open(url, place, options));
};

/** Parses a RawSocket URL; `undefined` for any other URL. */
function placeOf(url: string): Place | undefined {
  const [, path] = /^unix:(.+)$/s.exec(url) ?? [];
  if (path !== undefined) return { path: path.replace(/^\/\/+/, "/") };
  if (!/^rss?:\/\/[^/]/.test(url) || !URL.canParse(url)) return undefined;
  const { protocol, hostname, port } = new URL(url);
  const scheme = protocol as keyof typeof DEFAULT_PORTS;
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return { host, port: port === "" ? DEFAULT_PORTS[scheme] : Number(port), secure: scheme === "rss:" };
}
