import type { NodeBufferConstructor } from "./node-buffer.js";

/** See `node-buffer.ts`. */
export const NODE_BUFFER: NodeBufferConstructor | undefined = undefined;
