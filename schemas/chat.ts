import { branded, error, procedure, topic } from "wampact";
import * as z from "zod";

/** The name of a room, which is one component of a URI. */
export const Room = branded("Room", z.string().regex(/^[0-9a-z_]+$/)).describe(
  "Lower-case letters, digits and underscores.",
);

/** The text contains a forbidden word. */
export const rejected = error("com.chat.error.rejected", z.object({ word: z.string() }));

/** Sends a message to a room. Returns the number of messages in the room so far. */
export const say = procedure("com.chat.rooms.{room}.say", {
  params: { room: Room },
  input: z.object({ text: z.string().min(1).max(500).describe("The message.") }),
  output: z.int(),
  errors: { rejected },
  disclose: true,
});

/** A message in a room. Leave `room` open to receive the messages of every room. */
export const said = topic("com.chat.rooms.{room}.said", {
  params: { room: Room },
  event: z.object({ from: z.int().describe("The session of the sender."), text: z.string() }),
});
