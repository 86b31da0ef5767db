/** The part of Node's `Buffer` that is used here. */
interface NodeBuffer extends Uint8Array {
  utf8Slice(start: number, end: number): string;
  utf8Write(text: string, offset: number): number;
}
export interface NodeBufferConstructor {
  readonly prototype: NodeBuffer;
  allocUnsafe(size: number): Uint8Array;
  byteLength(text: string): number;
  from(text: string, encoding: "base64"): Uint8Array;
  from(bytes: ArrayBufferLike, offset: number, length: number): { toString(encoding: "base64"): string };
}

/** Node's `Buffer`, which Deno and Bun have, too. `undefined` in `node-buffer-plain.ts`, which bundles for browsers get. */
export const NODE_BUFFER: NodeBufferConstructor | undefined = (globalThis as { Buffer?: NodeBufferConstructor }).Buffer;
