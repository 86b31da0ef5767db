import { isDict } from "../wire/fields.js";
import { parseJson } from "../wire/parse-json.js";
import { misfit } from "./agreement.js";
import type { NodeHello, NodeId } from "./engine.js";

/** The record of a node in the directory, under `node.<id>`. */
export interface NodeRecord {
  /** The number of times that a node of this name has joined, from 1. */
  readonly incarnation: number;
  /** `expelled`: the node is down, but its entries may still be in the directory. `gone`: none of its entries is left. */
  readonly state: "live" | "expelled" | "gone";
  /** The node that has expelled it, and must reap it. Once it is gone, the node that has reaped it. */
  readonly by?: { readonly node: NodeId; readonly incarnation: number } | undefined;
  /** Differs for each process, so that a node does not take the record of another one of its name for its own. */
  readonly process?: number;
  /** The node's own information. */
  readonly hello: RecordedHello;
}

/** The information of a node as the directory has it, under the node's name. */
export type RecordedHello = Omit<NodeHello, "node"> & Partial<Pick<NodeHello, "node">>;

const PREFIX = "node.";
/** The maximum incarnation, which messages of nodes encode in 32 bits. */
const MAX_INCARNATION = 2 ** 32 - 2;

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
  const read = parseJson(value);
  if (!isDict(read)) return undefined;
  const { incarnation, state, by, process, hello } = read;
  if (!isIncarnation(incarnation) || !isHello(hello)) return undefined;
  if (state !== "live" && state !== "expelled" && state !== "gone") return undefined;
  const record = { incarnation, state, ...(typeof process === "number" && { process }), hello } as const;
  if (by === undefined) return record;
  if (!isDict(by) || typeof by.node !== "string" || !isIncarnation(by.incarnation)) return undefined;
  return { ...record, by: { node: by.node, incarnation: by.incarnation } };
}

function isIncarnation(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MAX_INCARNATION;
}

function isHello(hello: unknown): hello is RecordedHello {
  if (!isDict(hello) || !Number.isInteger(hello.protocol) || typeof hello.version !== "string") return false;
  const { realms, settings } = hello;
  const isOfTexts = Array.isArray(realms) && realms.every((realm) => typeof realm === "string");
  return isOfTexts && typeof settings === "string" && (settings === "" || isDict(parseJson(settings)));
}

/** Throws if a node cannot be in one cluster with the live nodes. */
export function checkFits(me: NodeHello, peers: ReadonlyMap<NodeId, NodeRecord>): void {
  for (const [node, { hello }] of peers) {
    const why = misfit(me, { ...hello, node });
    if (why !== undefined) throw new TypeError(why);
  }
}
