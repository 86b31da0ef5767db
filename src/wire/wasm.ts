import { fromBase64 } from "./bytes.js";

/** The parts of `WebAssembly` that are used here. */
interface WebAssemblyModules {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/**
 * Runs a module that imports nothing, given in Base64, and returns its exports. Returns `undefined` where that is not possible: there is no
 * WebAssembly, the processor has no SIMD, or the process may not compile. Callers have a way of their own in JavaScript.
 */
export function instantiate<Exports>(code: string): Exports | undefined {
  const { WebAssembly } = globalThis as { WebAssembly?: WebAssemblyModules };
  const bytes = fromBase64(code);
  if (!WebAssembly || !bytes) return undefined;
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports;
  } catch {
    return undefined;
  }
}
