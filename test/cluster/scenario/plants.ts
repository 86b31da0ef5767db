/**
 * Faults that are planted in a cluster, to show that the invariants find them. Each wraps what the product does at run time, so that it stays in place
 * however the product does it today. Looking for a method that is not there any more fails the test, with its name.
 */
import { Calls } from "../../../src/cluster/calls.js";
import { Directory } from "../../../src/cluster/directory.js";
import { Member } from "../../../src/cluster/member.js";
import { Membership } from "../../../src/cluster/membership.js";
import { Peer } from "../../../src/cluster/peer.js";
import { Broker } from "../../../src/router/broker.js";

// biome-ignore lint/suspicious/noExplicitAny: the methods of any class
type Method = (this: any, ...given: any[]) => any;

/** Replaces a method by what is made of it. Returns what puts it back. */
function wrap(
  type: { readonly name: string; readonly prototype: object },
  name: string,
  around: (method: Method) => Method,
): () => void {
  const method: unknown = Reflect.get(type.prototype, name);
  if (typeof method !== "function") throw new Error(`plant: looked for ${type.name}.prototype.${name}, and found none`);
  Reflect.set(type.prototype, name, around(method as Method));
  return () => void Reflect.set(type.prototype, name, method);
}

/** Like `wrap`, for a getter. */
function wrapGetter(
  type: { readonly name: string; readonly prototype: object },
  name: string,
  around: (getter: Method) => Method,
): () => void {
  const before = Object.getOwnPropertyDescriptor(type.prototype, name);
  if (!before?.get) throw new Error(`plant: looked for the getter ${type.name}.prototype.${name}, and found none`);
  Object.defineProperty(type.prototype, name, { ...before, get: around(before.get) });
  return () => void Object.defineProperty(type.prototype, name, before);
}

/** Says of each of so many times whether it is the one. */
function everyOf(count: number): () => boolean {
  let times = 0;
  return () => ++times % count === 0;
}

/** The faults, each with what plants it and returns what takes it out again. */
export const PLANTS: Readonly<Record<string, () => () => void>> = {
  /** REGISTERED and SUBSCRIBED do not wait until the others know. */
  "a skipped barrier": () => wrap(Peer, "settled", () => () => Promise.resolve()),
  /** A node that was expelled goes on as if it had not been. */
  "a lost fence": () => {
    const members = new WeakSet<Membership>();
    const putBack = [
      wrap(
        Membership,
        "isLive",
        (isLive) =>
          function (node, incarnation) {
            return isLive.call(this, node, incarnation) === undefined ? undefined : true;
          },
      ),
      wrapGetter(
        Membership,
        "isIn",
        (isIn) =>
          function () {
            if (isIn.call(this)) members.add(this);
            return members.has(this);
          },
      ),
    ];
    return () => {
      for (const put of putBack) put();
    };
  },
  /** Some events of other nodes are delivered twice. */
  "a doubled event": () => {
    const isTheOne = everyOf(20);
    return wrap(
      Broker,
      "deliver",
      (deliver) =>
        function (publication) {
          if (isTheOne()) deliver.call(this, publication);
          return deliver.call(this, publication);
        },
    );
  },
  /** The proxies of other nodes' callers remain after the callee has left. */
  "a leaked proxy": () => wrap(Calls, "calleeLeft", () => () => {}),
  /** The registrations of a dead node remain in the directory. */
  "a stale share": () => wrap(Directory, "reap", () => async () => {}),
  /** Some frames are carried out after those that came next from the same node. */
  "a reordered frame": () => {
    const isTheOne = everyOf(40);
    const held = new WeakMap<object, readonly unknown[]>(); // by node
    return wrap(
      Member,
      "receive",
      (receive) =>
        function (...given) {
          const late = held.get(this);
          if (!late && isTheOne()) return void held.set(this, given);
          receive.apply(this, given);
          if (!late || late[0] !== given[0]) return;
          held.delete(this);
          receive.apply(this, [...late]);
        },
    );
  },
};
