import { fromBase64 } from "./bytes.js";

/** The part of `WebAssembly` that is used here. */
interface WebAssemblyModules {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/**
 * Instantiates a module without imports, given in Base64, and returns its exports. Returns `undefined` if that is not possible: without
 * WebAssembly, without SIMD, or in a process that may not compile. Callers then use JavaScript.
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
