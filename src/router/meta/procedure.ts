import type { Payload } from "../../wire/payload.js";
import type { RealmSession } from "../realm-session.js";
import type { MetaArguments } from "./arguments.js";

/** The positional results of a meta procedure, or a whole payload. */
export type MetaAnswer = readonly unknown[] | Payload;

/** Answers a call of a meta procedure. It returns a promise only where other routers are asked, or the event store is. Throws `WampError`, or rejects with one. */
export type MetaProcedure = (given: MetaArguments, caller: RealmSession) => MetaAnswer | Promise<MetaAnswer>;
