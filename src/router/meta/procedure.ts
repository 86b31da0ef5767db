import type { Payload } from "../../wire/payload.js";
import type { RealmSession } from "../realm-session.js";
import type { MetaArguments } from "./arguments.js";

/** The positional results of a meta procedure, or a whole payload. */
export type MetaAnswer = readonly unknown[] | Payload;

/** A meta procedure. It returns a promise only if other routers or the event store are asked. Throws `WampError` or rejects with one. */
export type MetaProcedure = (given: MetaArguments, caller: RealmSession) => MetaAnswer | Promise<MetaAnswer>;
