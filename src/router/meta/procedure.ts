import type { RealmSession } from "../realm-session.js";
import type { MetaArguments } from "./arguments.js";

/** Answers a call of a meta procedure with its positional results. Throws `WampError`. */
export type MetaProcedure = (given: MetaArguments, caller: RealmSession) => readonly unknown[];
