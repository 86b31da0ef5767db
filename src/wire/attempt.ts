import { isThenable } from "./thenable.js";

/** Calls a function of the application, which may throw or return a promise that rejects. `failed` receives the exception. */
export function attempt<Given extends readonly unknown[]>(
  run: (...given: Given) => unknown,
  failed: (error: unknown) => void,
  ...given: Given
): void {
  try {
    const returned = run(...given);
    if (isThenable(returned)) Promise.resolve(returned).catch(failed);
  } catch (error) {
    failed(error);
  }
}

/** Prints an error that nothing else can report. */
export const LAST_RESORT = (error: unknown): void => console.error(error);
