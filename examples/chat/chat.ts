import type { Peer, Service } from "wampact";
import { createChatClient, serveChat } from "../../schemas/generated/chat.gen.js";

/** Serves every room: messages are checked, counted, and published in their room. */
export function serveRooms(peer: Peer, unwanted: readonly string[] = []): Promise<Service> {
  const chat = createChatClient(peer);
  const counts = new Map<string, number>();
  return serveChat(peer, {
    async say({ text }, { params: { room }, caller, errors }) {
      const word = unwanted.find((each) => text.toLowerCase().includes(each));
      if (word !== undefined) throw errors.rejected({ word });
      const count = (counts.get(room) ?? 0) + 1;
      counts.set(room, count);
      await chat.said.publish({ room }, { from: caller.session, text }, { acknowledge: true });
      return count;
    },
  });
}
