/*
 * Masks large frames, in WebAssembly. Written in AssemblyScript; `npm run build:wasm` compiles it into mask-code.ts. The bytes lie from 0; up to
 * 15 behind the last one may be changed.
 */
export function mask(length: usize, key: u32): void {
  const keys = i32x4.splat(key);
  for (let at: usize = 0; at < length; at += 16) v128.store(at, v128.xor(v128.load(at), keys));
}
