import type { SchemaChange } from "./table.js";

/** One difference of two schemas. */
export interface Difference {
  readonly change: SchemaChange;
  readonly path: string;
  /** A description of the change. */
  readonly what: string;
}
