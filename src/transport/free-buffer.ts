import { MessageChannel, type MessagePort } from "node:worker_threads";

/**
 * Gives the memory below some bytes back at once; they, and all other views of it, are empty then. It is for bytes that nobody else has.
 * Large buffers that come and go by the thousands would otherwise wait for the garbage collector, which costs more than all that is
 * done with them, and each would be memory that is in no cache.
 */
export function freeBuffer(bytes: Uint8Array): void {
  nowhere().postMessage(null, [bytes.buffer as ArrayBuffer]);
}

/** A port whose other end is closed: what is transferred there is nobody's any more. */
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
