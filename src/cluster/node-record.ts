import { isDict } from "../wire/fields.js";
import { misfit } from "./agreement.js";
import type { NodeHello, NodeId } from "./engine.js";

/** The record of a node in the directory, under `node.<id>`. */
export interface NodeRecord {
  /** The number of times that a node of this name has joined, from 1. */
  readonly incarnation: number;
  /** `expelled`: the node is down, but its entries may still be in the directory. `gone`: none of its entries is left. */
  readonly state: "live" | "expelled" | "gone";
  /** The node that has expelled it, and must reap it. */
  readonly by?: { readonly node: NodeId; readonly incarnation: number };
  /** The node's own information, as JSON. */
  readonly hello: unknown;
}

const PREFIX = "node.";

export function keyOfNode(node: NodeId): string {
  return PREFIX + node;
}

/** Returns the node that a key of the directory belongs to, or `undefined` for any other key. */
export function nodeOfKey(key: string): NodeId | undefined {
  return key.startsWith(PREFIX) ? key.slice(PREFIX.length) : undefined;
}

/** Reads a record. Returns `undefined` if there is none or the value is not a record. */
export function readRecord(value: string | undefined): NodeRecord | undefined {
  if (value === undefined) return undefined;
  const read: unknown = parsed(value);
  if (!isDict(read) || !Number.isSafeInteger(read.incarnation)) return undefined;
  const { state } = read;
  return state === "live" || state === "expelled" || state === "gone" ? (read as unknown as NodeRecord) : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Throws if a node cannot be in one cluster with the live nodes. */
export function checkFits(me: NodeHello, peers: ReadonlyMap<NodeId, NodeRecord>): void {
  for (const [node, { hello }] of peers) {
    const why = misfit(me, { ...(hello as NodeHello), node });
    if (why !== undefined) throw new TypeError(why);
  }
}
