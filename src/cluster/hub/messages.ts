import type { DownCause, Incarnation, NodeHello, NodeId, PeerHello } from "../engine.js";

/** A worker as the others are told of it: `path` is the Unix socket on which it takes their pipes. */
export interface WorkerHello extends PeerHello {
  readonly path: string;
}

/** A key of the directory, as it is now or has become. */
export type Change = readonly [key: string, value: string | null, revision: number];

/** What a worker tells the hub. Requests have a number, by which they are answered. */
export type ToHub =
  | { readonly type: "join"; readonly hello: NodeHello & { readonly path: string } }
  | { readonly type: "leave" }
  | { readonly type: "write"; readonly request: number; readonly change: Change }
  | { readonly type: "expel"; readonly request: number; readonly node: NodeId }
  /** It has cleaned up after an incarnation that is gone, or could not. */
  | { readonly type: "reaped"; readonly gone: Incarnation }
  /** The pipe to a worker has ended, though that one was not told to be gone. */
  | { readonly type: "lost"; readonly peer: Incarnation }
  | { readonly type: "beat" };

/** What the hub tells a worker. */
export type FromHub =
  | {
      readonly type: "joined";
      readonly incarnation: number;
      readonly peers: readonly WorkerHello[];
      readonly changes: readonly Change[];
      readonly revision: number;
    }
  | { readonly type: "refused"; readonly why: string }
  | { readonly type: "left" }
  | { readonly type: "up"; readonly peer: WorkerHello }
  | { readonly type: "down"; readonly peer: Incarnation; readonly cause: DownCause }
  | { readonly type: "suspect"; readonly node: NodeId; readonly isSuspect: boolean }
  | { readonly type: "changed"; readonly change: Change }
  | { readonly type: "reap"; readonly gone: Incarnation }
  /** A worker has cleaned up after an incarnation. Sent to all, before a worker of that name is up again. */
  | { readonly type: "reaped"; readonly gone: Incarnation; readonly by: NodeId | undefined }
  /** Answers a write: its revision, or `null` where the key had another one. */
  | { readonly type: "written"; readonly request: number; readonly revision: number | null }
  | { readonly type: "expelled"; readonly request: number; readonly isThere: boolean }
  | { readonly type: "beat" };

/** Carries messages between the hub and one worker, in order; nothing is lost while both live. */
export interface Channel<Sent, Received> {
  send(message: Sent): void;
  /** To be called once. */
  onMessage(listener: (message: Received) => void): void;
}
