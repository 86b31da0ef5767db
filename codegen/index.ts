/** Entry point `wampact/codegen`: generates typed clients and handlers from contracts. */

export { type DocumentOptions, writeDocuments } from "./documents.js";
export { type Generated, type GeneratedContract, type GenerateOptions, generate } from "./generate.js";
export {
  type ContractChange,
  type DiffOptions,
  diffContracts,
  type First,
  type LockOptions,
  lockContracts,
  type MemberChange,
  type SchemaChange,
  type Severity,
} from "./lock/index.js";
export { MissingPackagesError } from "./packages.js";
export { CodegenError, ContractError, type Place } from "./problems.js";
export type { ReadOptions } from "./read.js";
export { type Watch, type WatchOptions, watchContracts } from "./watch.js";
export type { Change } from "./writer.js";
