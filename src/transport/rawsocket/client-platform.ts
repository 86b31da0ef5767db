import type { SettingRule } from "../../wire/settings.js";
import type { OpenRawSocket } from "./client.js";

/** What a router's URL may be: only Node has other sockets than WebSockets. */
export const url: SettingRule = {
  expected: 'a ws: or wss: URL such as "ws://127.0.0.1:8080/ws", or a list of them (rs: takes Node)',
  quotes: true,
  accepts: (value) => [value].flat().every((each) => typeof each === "string" && /^wss?:\/\//.test(each)),
};

/** There is none. */
export const openRawSocket: OpenRawSocket | undefined = undefined;
