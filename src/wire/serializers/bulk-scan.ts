import { MAX_NUMBER_LENGTH } from "../bounds.js";
import { fromBase64 } from "../bytes.js";
import { BULK_SCAN_CODE } from "./bulk-scan-code.js";
import type { ValueScan } from "./bulk-scan-plain.js";

/** As much of `WebAssembly` as is used here. */
interface WebAssemblyModules {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/** The exports of bulk-scan.as. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly BASE: { readonly value: number };
  readonly MOST_LEVELS: { readonly value: number };
  json(start: number, maxDepth: number, longestNumber: number): number;
  msgpack(start: number, end: number, maxDepth: number): number;
  cbor(start: number, end: number, maxDepth: number): number;
}

/** The least number of bytes that a copy pays for. */
export const BULK_BYTES: number = 256;
/** The most bytes that are copied, so that the memory is bounded. Larger messages are left to JavaScript. */
const MOST_BYTES = 2 ** 20;
/** Bytes behind the last one that may be read. */
const READ_BEHIND = 32;

/* A result of `json`. */
const END = 2 ** 29 - 1;
const HIGH = 2 ** 29;
const WIDE = 2 ** 30;

/**
 * Checks large values by WebAssembly, in a copy, in half to three quarters of the time that the same loops take in JavaScript. It takes the
 * frequent forms only. A scanner has one of its own; all share one memory.
 */
export class BulkScan implements ValueScan {
  wide = false;
  highBytes = false;

  readonly #format: "json" | "msgpack" | "cbor";
  readonly #maxDepth: number;
  #state: "opened" | "copied" | "left" = "opened"; // "left": to JavaScript, until the next message
  #from = 0; // position of the first byte that was copied

  constructor(format: "json" | "msgpack" | "cbor", maxDepth: number) {
    this.#format = format;
    this.#maxDepth = maxDepth;
  }

  open(): void {
    this.#state = "opened";
  }

  valueEnd(bytes: Uint8Array, start: number): number {
    if (this.#state === "left") return 0;
    const wasm = module();
    if (!wasm || bytes.length - start > MOST_BYTES || this.#maxDepth > wasm.mostLevels) return this.#leave();
    if (this.#state === "opened" || copiedBy !== this) this.#copy(wasm, bytes, start);
    const at = wasm.base + start - this.#from;
    const result = this.#result(wasm, at, wasm.base + bytes.length - this.#from);
    if (result === 0) return this.#leave();
    this.wide = (result & WIDE) !== 0;
    this.highBytes = (result & HIGH) !== 0;
    return (result & END) - wasm.base + this.#from;
  }

  #copy({ memory, base }: Wasm, bytes: Uint8Array, from: number): void {
    const end = base + bytes.length - from;
    memory.set(bytes.subarray(from), base);
    memory.fill(0, end, end + READ_BEHIND);
    this.#state = "copied";
    this.#from = from;
    copiedBy = this;
  }

  #result({ exports }: Wasm, at: number, end: number): number {
    if (this.#format === "json") return exports.json(at, this.#maxDepth, MAX_NUMBER_LENGTH);
    return this.#format === "cbor" ? exports.cbor(at, end, this.#maxDepth) : exports.msgpack(at, end, this.#maxDepth);
  }

  /** One failure is enough for a message, so that none is looked at twice more than once. */
  #leave(): 0 {
    this.#state = "left";
    return 0;
  }
}

interface Wasm {
  readonly exports: Exports;
  readonly memory: Uint8Array;
  readonly base: number;
  readonly mostLevels: number;
}

let copiedBy: BulkScan | undefined; // whose bytes are in the memory
let instance: Wasm | "none" | undefined;

/** The module, which is compiled when it is needed first; `undefined` where there is no WebAssembly, or none with SIMD. */
function module(): Wasm | undefined {
  instance ??= compiled() ?? "none";
  return instance === "none" ? undefined : instance;
}

function compiled(): Wasm | undefined {
  const { WebAssembly } = globalThis as { WebAssembly?: WebAssemblyModules };
  const code = fromBase64(BULK_SCAN_CODE);
  if (!WebAssembly || !code) return undefined;
  try {
    const exports = new WebAssembly.Instance(new WebAssembly.Module(code)).exports as Exports;
    const memory = new Uint8Array(exports.memory.buffer);
    return { exports, memory, base: exports.BASE.value, mostLevels: exports.MOST_LEVELS.value };
  } catch {
    return undefined; // a processor without SIMD, or a process that may not compile: JavaScript checks everything
  }
}
