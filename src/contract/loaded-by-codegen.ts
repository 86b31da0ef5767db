/**
 * Set on `globalThis` in the process that codegen loads contracts in. Declarations then go unchecked: codegen checks each
 * member itself, with its file and line, so that one run tells the faults of all.
 */
export const LOADED_BY_CODEGEN: symbol = Symbol.for("wampact.loadedByCodegen");
