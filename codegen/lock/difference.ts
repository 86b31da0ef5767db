import type { SchemaChange } from "./table.js";

/** One difference of two schemas. */
export interface Difference {
  readonly change: SchemaChange;
  readonly path: string;
  /** What has changed, in words. */
  readonly what: string;
}
