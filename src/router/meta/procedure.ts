import type { Payload } from "../../wire/payload.js";
import type { RealmSession } from "../realm-session.js";
import type { MetaArguments } from "./arguments.js";

/** Answers a call of a meta procedure with its positional results, or a whole payload. Throws `WampError`. */
export type MetaProcedure = (given: MetaArguments, caller: RealmSession) => readonly unknown[] | Payload;
