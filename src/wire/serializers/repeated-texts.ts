import { utf8Text } from "../bytes.js";

const PLACES = 512; // a power of two
const LONGEST = 64;

/** A cache of strings that repeat between messages, such as keys and URIs. Each is decoded once while it stays in its slot. */
export class RepeatedTexts {
  readonly #bytes: (Uint8Array | undefined)[] = new Array(PLACES); // by a hash of the bytes, as is #texts
  readonly #texts: string[] = new Array(PLACES);

  /** Returns the text of the UTF-8 bytes from `start` to `end`. */
  read(bytes: Uint8Array, start: number, end: number): string {
    if (end - start > LONGEST) return utf8Text(bytes, start, end);
    let hash = end - start;
    for (let at = start; at < end; at++) hash = (hash * 31 + (bytes[at] as number)) | 0;
    const place = (hash ^ (hash >>> 9)) & (PLACES - 1);
    const known = this.#bytes[place];
    if (known !== undefined && isAt(bytes, start, end, known)) return this.#texts[place] as string;
    const text = utf8Text(bytes, start, end);
    this.#bytes[place] = new Uint8Array(bytes.subarray(start, end));
    this.#texts[place] = text;
    return text;
  }
}

function isAt(bytes: Uint8Array, start: number, end: number, known: Uint8Array): boolean {
  if (known.length !== end - start) return false;
  for (let index = 0; index < known.length; index++) if (known[index] !== bytes[start + index]) return false;
  return true;
}
