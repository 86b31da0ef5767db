import { branded, error, procedure, topic } from "wampact";
import * as z from "zod";

/** A room's name is one component of a URI. */
export const Room = branded("Room", z.string().regex(/^[0-9a-z_]+$/)).describe(
  "Lower-case letters, digits and underscores.",
);

/** The text holds a word that is not wanted. */
export const rejected = error("com.chat.error.rejected", z.object({ word: z.string() }));

/** Says something in a room. Gives how many messages the room has had. */
export const say = procedure("com.chat.rooms.{room}.say", {
  params: { room: Room },
  input: z.object({ text: z.string().min(1).max(500).describe("What is said.") }),
  output: z.int(),
  errors: { rejected },
  disclose: true,
});

/** What is said in a room. Leave `room` open to hear every room. */
export const said = topic("com.chat.rooms.{room}.said", {
  params: { room: Room },
  event: z.object({ from: z.int().describe("The speaker's session."), text: z.string() }),
});
