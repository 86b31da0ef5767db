import { MessageChannel, type MessagePort } from "node:worker_threads";

/**
 * Releases the memory of some bytes at once. They, and all other views of the memory, become empty, so nobody else may use them.
 * Thousands of large temporary buffers would otherwise wait for the garbage collector, which costs more than processing them,
 * and each would be memory that is in no CPU cache.
 */
export function freeBuffer(bytes: Uint8Array): void {
  nowhere().postMessage(null, [bytes.buffer as ArrayBuffer]);
}

/** A port whose other end is closed, so that transferred memory is released. */
const nowhere = (() => {
  let port: MessagePort | undefined;
  return (): MessagePort => {
    if (port) return port;
    const { port1, port2 } = new MessageChannel();
    port1.unref();
    port2.close();
    port = port1;
    return port1;
  };
})();
