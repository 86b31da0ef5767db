import type { WampactConfig } from "../../../config/settings.js";
import type { EndingSignal } from "../ending.js";
import type { LogFormat } from "../operations.js";

/** The setup of a worker. */
export interface WorkerSetup {
  /** The worker's number, from 1. */
  readonly number: number;
  /** The number of workers. */
  readonly count: number;
  readonly format: LogFormat;
  /** Its name in the cluster of the configuration, or among the workers. */
  readonly node: string;
  /** The Unix socket on which it accepts other workers. Missing if the configuration has a cluster. */
  readonly path?: string | undefined;
  /** The configuration of the other workers. Settings that need a restart must not differ from it. Missing for the first workers. */
  readonly held?: WampactConfig | undefined;
}

/**
 * A question to a worker: its metrics as text, its state in its cluster, to expel another node, or to read the configuration again.
 */
export type WorkerQuestion =
  | { readonly about: "metrics" | "cluster" | "reload" }
  | { readonly about: "expel"; readonly node: string };

/** A message from the primary to a worker. */
export type ToWorker =
  | { readonly type: "begin"; readonly setup: WorkerSetup }
  | { readonly type: "ask"; readonly request: number; readonly question: WorkerQuestion }
  /** Ends the worker in order, or at once the second time. */
  | { readonly type: "end"; readonly signal: EndingSignal };

/** A message from a worker to the primary. */
export type FromWorker =
  /** The worker is ready to receive messages. */
  | { readonly type: "here" }
  | { readonly type: "started"; readonly urls: readonly string[]; readonly peers: readonly string[] }
  | ({ readonly type: "failed" } & WorkerFault)
  | { readonly type: "answer"; readonly request: number; readonly value: unknown }
  | { readonly type: "unanswered"; readonly request: number; readonly why: string };

/** The reason why a worker cannot start. */
export interface WorkerFault {
  readonly exitCode: number;
  readonly code: string;
  readonly words: string;
}
