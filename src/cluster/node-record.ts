import { isDict } from "../wire/fields.js";
import { misfit } from "./agreement.js";
import type { NodeHello, NodeId } from "./engine.js";

/** What the directory says of a node under `node.<id>`. */
export interface NodeRecord {
  /** Counts how often a node of this name has joined, from 1. */
  readonly incarnation: number;
  /** `expelled`: it is gone, and what it held in the directory may still be there. `gone`: nothing of it is. */
  readonly state: "live" | "expelled" | "gone";
  /** Who has expelled it, and has to reap it. */
  readonly by?: { readonly node: NodeId; readonly incarnation: number };
  /** What the node says of itself, as JSON. */
  readonly hello: unknown;
}

const PREFIX = "node.";

export function keyOfNode(node: NodeId): string {
  return PREFIX + node;
}

/** The node that a key of the directory is of; `undefined` for any other key. */
export function nodeOfKey(key: string): NodeId | undefined {
  return key.startsWith(PREFIX) ? key.slice(PREFIX.length) : undefined;
}

/** Reads a record; `undefined` where there is none, or something else is written there. */
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

/** Throws where a node cannot be in one cluster with those that live. */
export function checkFits(me: NodeHello, peers: ReadonlyMap<NodeId, NodeRecord>): void {
  for (const [node, { hello }] of peers) {
    const why = misfit(me, { ...(hello as NodeHello), node });
    if (why !== undefined) throw new TypeError(why);
  }
}
