import { MAX_NUMBER_LENGTH } from "../bounds.js";
import { instantiate } from "../wasm.js";
import { BULK_SCAN_CODE } from "./bulk-scan-code.js";
import type { ValueScan } from "./bulk-scan-plain.js";

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

/** The module, which is compiled when it is needed first. */
function module(): Wasm | undefined {
  instance ??= loaded() ?? "none";
  return instance === "none" ? undefined : instance;
}

function loaded(): Wasm | undefined {
  const exports = instantiate<Exports>(BULK_SCAN_CODE);
  if (!exports) return undefined;
  const memory = new Uint8Array(exports.memory.buffer);
  return { exports, memory, base: exports.BASE.value, mostLevels: exports.MOST_LEVELS.value };
}
