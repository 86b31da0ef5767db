import type { Frame, FrameType } from "./frame.js";

/**
 * The encoding of a fixed field: an integer up to 2^53 in 8 bytes; an integer up to 65,535 in 2; a text after its length; or one of
 * several words in a byte.
 */
export type FieldKind = "id" | "short" | "text" | readonly (string | boolean)[];

/** The layout of a type of frame after its length, code and flags. */
export interface Layout {
  readonly type: FrameType;
  readonly code: number;
  readonly fields: readonly (readonly [name: string, kind: FieldKind])[];
  readonly hasDetails: boolean;
  readonly hasPayload: boolean;
}

type FieldsOf<F> = { readonly [K in Exclude<keyof F, "type" | "details" | "payload">]: FieldKind };
type FrameOf<T extends FrameType> = Extract<Frame, { readonly type: T }>;

/** The size of length, code and flags. */
export const HEAD_BYTES = 6;
/** Set in the code of a frame that a node may ignore if it does not know the code. */
export const IGNORABLE = 0x80;

/** Flags: whether there are details, and the encoding of the payload. */
export const DETAILS_FLAG = 0x10;
export const SERIALIZER_BITS = 0x03;
export const ELEMENTS_SHIFT = 2;

const ofRealm = { realm: "short" } as const;
const ofCall = { ...ofRealm, callee: "id", request: "id" } as const;

/** The layouts by type. Codes are on the wire: a code is never reused for another type. */
export const LAYOUTS: { readonly [T in FrameType]: Layout } = {
  CALL: layout("CALL", 1, { ...ofCall, registration: "id" }, "details", "payload"),
  RESULT: layout("RESULT", 2, ofCall, "details", "payload"),
  ERROR: layout("ERROR", 3, { ...ofCall, error: "text" }, "details", "payload"),
  RETURNED: layout("RETURNED", 4, { ...ofCall, why: ["gone", "denied", "full"] }),
  CANCEL: layout("CANCEL", 5, { ...ofCall, mode: ["skip", "kill", "killnowait"] }),
  EVENT: layout("EVENT", 6, { ...ofRealm, publication: "id", topic: "text" }, "details", "payload"),
  STATE: layout("STATE", 7, ofRealm, "details"),
  SNAPSHOT: layout("SNAPSHOT", 8, {}),
  PING: layout("PING", 9, { number: "id", revision: "id" }),
  PONG: layout("PONG", 10, { number: "id" }),
  ASK: layout("ASK", 11, { ...ofRealm, number: "id", about: "text" }, "details"),
  ANSWER: layout("ANSWER", 12, { ...ofRealm, number: "id" }, "details"),
  KILL: layout("KILL", 13, { ...ofRealm, session: "id", reason: "text" }, "details"),
  END_ALL: layout("END_ALL", 15, { ...ofRealm, except: "id", reason: "text" }, "details"),
  CHOKE: layout("CHOKE", 16, { ...ofRealm, callee: "id", side: ["callee", "callers"], isChoked: [false, true] }),
  TESTAMENT: layout(
    "TESTAMENT",
    17,
    { ...ofRealm, session: "id", number: "id", scope: ["detached", "destroyed"], topic: "text" },
    "details",
    "payload",
  ),
};

/** Code → layout. */
export const BY_CODE: ReadonlyMap<number, Layout> = new Map(
  Object.values(LAYOUTS).map((each) => [each.code, each] as const),
);

function layout<T extends FrameType>(
  type: T,
  code: number,
  fields: FieldsOf<FrameOf<T>>,
  ...parts: readonly ("details" | "payload")[]
): Layout {
  return {
    type,
    code,
    fields: Object.entries<FieldKind>(fields),
    hasDetails: parts.includes("details"),
    hasPayload: parts.includes("payload"),
  };
}
