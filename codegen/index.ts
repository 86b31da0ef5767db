/** Entry `wampact/codegen`: generates typed clients and handlers from contracts. */
export { type Generated, type GeneratedContract, type GenerateOptions, generate } from "./generate.js";
export { CodegenError, ContractError } from "./problems.js";
export { type Watch, type WatchOptions, watchContracts } from "./watch.js";
export type { Change } from "./writer.js";
