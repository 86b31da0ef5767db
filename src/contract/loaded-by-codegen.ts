/**
 * The global symbol that is set in the process where codegen loads contracts. It disables the checks of declarations: codegen
 * checks each member itself and reports all errors of a run with file and line.
 */
export const LOADED_BY_CODEGEN: symbol = Symbol.for("wampact.loadedByCodegen");
