import type { WampactConfig } from "../../../config/settings.js";
import type { EndingSignal } from "../ending.js";
import type { LogFormat } from "../operations.js";

/** What a worker is. */
export interface WorkerSetup {
  /** From 1. */
  readonly number: number;
  /** How many there are. */
  readonly count: number;
  readonly format: LogFormat;
  /** Its name in the cluster of the configuration, or among the workers. */
  readonly node: string;
  /** The Unix socket on which it takes the pipes of other workers; missing where the configuration has a cluster. */
  readonly path?: string | undefined;
  /** What holds for the others: in what takes a restart, it must not differ. Missing for those that start first. */
  readonly held?: WampactConfig | undefined;
}

/** What a worker is asked: for its metrics as text, how it stands in its cluster, to expel another one, or to read the configuration again. */
export type WorkerQuestion =
  | { readonly about: "metrics" | "cluster" | "reload" }
  | { readonly about: "expel"; readonly node: string };

/** What the primary tells a worker. */
export type ToWorker =
  | { readonly type: "begin"; readonly setup: WorkerSetup }
  | { readonly type: "ask"; readonly request: number; readonly question: WorkerQuestion }
  /** It is to end in order; at once where it was told before. */
  | { readonly type: "end"; readonly signal: EndingSignal };

/** What a worker tells the primary. */
export type FromWorker =
  /** It listens to what it is told. */
  | { readonly type: "here" }
  | { readonly type: "started"; readonly urls: readonly string[]; readonly peers: readonly string[] }
  | ({ readonly type: "failed" } & WorkerFault)
  | { readonly type: "answer"; readonly request: number; readonly value: unknown }
  | { readonly type: "unanswered"; readonly request: number; readonly why: string };

/** Why a worker cannot start. */
export interface WorkerFault {
  readonly exitCode: number;
  readonly code: string;
  readonly words: string;
}
