import type { DownCause, Incarnation, NodeHello, NodeId, PeerHello } from "../engine.js";

/** A worker's information for the others. `path` is the Unix socket on which it accepts their pipes. */
export interface WorkerHello extends PeerHello {
  readonly path: string;
}

/** A key of the directory with its current value, and the revision. */
export type Change = readonly [key: string, value: string | null, revision: number];

/** A message from a worker to the hub. The answer to a request has the request's number. */
export type ToHub =
  | { readonly type: "join"; readonly hello: NodeHello & { readonly path: string } }
  | { readonly type: "leave" }
  | { readonly type: "write"; readonly request: number; readonly change: Change }
  | { readonly type: "expel"; readonly request: number; readonly node: NodeId }
  /** The worker has reaped a lost incarnation, or could not. */
  | { readonly type: "reaped"; readonly gone: Incarnation }
  /** The pipe to a worker has ended, although that worker was not reported as down. */
  | { readonly type: "lost"; readonly peer: Incarnation }
  | { readonly type: "beat" };

/** A message from the hub to a worker. */
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
  /** A worker has reaped an incarnation. Sent to all, before a worker of that name is up again. */
  | { readonly type: "reaped"; readonly gone: Incarnation; readonly by: NodeId | undefined }
  /** Answers a write with its revision, or with `null` if the key had another one. */
  | { readonly type: "written"; readonly request: number; readonly revision: number | null }
  | { readonly type: "expelled"; readonly request: number; readonly isThere: boolean }
  | { readonly type: "beat" };

/** Carries messages between the hub and one worker, in order. Nothing is lost while both live. */
export interface Channel<Sent, Received> {
  send(message: Sent): void;
  /** Sets the listener. Must be called once. */
  onMessage(listener: (message: Received) => void): void;
}
