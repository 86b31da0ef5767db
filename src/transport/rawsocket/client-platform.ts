import type { SettingRule } from "../../wire/settings.js";
import type { OpenRawSocket } from "./client.js";

/** The rule for a router's URL. Only Node supports other sockets than WebSockets. */
export const url: SettingRule = {
  expected: 'a ws: or wss: URL such as "ws://127.0.0.1:8080/ws", or a list of them (rs: needs Node)',
  quotes: true,
  accepts: (value) => [value].flat().every((each) => typeof each === "string" && /^wss?:\/\//.test(each)),
};

/** Not available on this platform. */
export const openRawSocket: OpenRawSocket | undefined = undefined;
