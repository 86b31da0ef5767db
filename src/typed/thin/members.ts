import { DEVELOPMENT } from "#development";
import { parseTemplate } from "../../contract/params.js";
import { type TypedTemplate, withoutParams, withParams } from "../../contract/uri-params.js";
import type { CallerPeer } from "../../peer/types.js";
import { misuse } from "../../wire/misuse.js";
import type { Layers } from "../layers.js";
import { createProcedureMethod } from "../procedure-client.js";
import type { InputForm, ProcedurePlan, Promises } from "../procedure-plan.js";
import { type PlannedChunks, planChunks } from "../sent-chunks.js";
import { createTopicMember, type ReadHistory } from "../topic-client.js";
import type { TopicPlan } from "../topic-plan.js";
import type { ClientOptions } from "../types.js";
import type { ThinCodec } from "./codec.js";
import { converted, type ThinPayload, thinMapper } from "./mapper.js";

/** The options of a thin client, and the code for its middleware, if the client contains it. */
export interface ThinOptions {
  readonly options: ClientOptions;
  readonly layers: Layers | undefined;
}

/** A member of a thin client, and how to bind it to a peer. */
export interface ThinMember {
  readonly template: TypedTemplate;
  create(peer: CallerPeer, name: string, using: ThinOptions): unknown;
}

/** Creates the parameters of a URI. */
export type ThinParams = (uri: string) => TypedTemplate;

/** The data of a procedure that codegen prints. */
export interface ThinProcedure extends Promises {
  readonly params?: ThinParams;
  readonly input?: ThinPayload;
  /** The number of positional arguments of the input. Default: one value, if there is an input. */
  readonly positional?: number;
  readonly output?: ThinPayload;
  readonly progress?: ThinPayload;
  readonly chunks?: (uri: string) => PlannedChunks;
  /** By the code that callers see. */
  readonly errors?: Readonly<Record<string, readonly [uri: string, data: ThinPayload]>>;
}

/** The data of a topic that codegen prints. */
export interface ThinTopic extends Pick<TopicPlan["definition"], "deprecated" | "retain" | "disclose" | "metaApi"> {
  readonly params?: ThinParams;
  readonly event: ThinPayload;
  /** Reads past events, if the configuration includes it. */
  readonly history?: ReadHistory;
}

/** Creates a procedure of a thin client. */
export function thinProcedure(uri: string, given: ThinProcedure = {}): ThinMember {
  const { params = withoutParams, input, output, progress, chunks, errors = {}, positional } = given;
  const template = params(uri);
  const form: InputForm = positional ?? (input ? "value" : "none");
  const plan: ProcedurePlan = {
    uri,
    definition: given,
    template,
    form,
    input: thinMapper(input),
    output: thinMapper(output),
    progress: progress && thinMapper(progress),
    chunks: chunks?.(uri),
    errors: new Map(
      Object.entries(errors).map(([name, [error, data]]) => [name, { name, uri: error, data: thinMapper(data) }]),
    ),
  };
  return { template, create: (peer, name, using) => createProcedureMethod(peer, { name, plan, ...using }) };
}

/** Creates the chunks of a procedure. */
export function thinChunks(payload: ThinPayload): (uri: string) => PlannedChunks {
  return (uri) => planChunks(uri, thinMapper(payload));
}

/** Creates a topic of a thin client. */
export function thinTopic(uri: string, given: ThinTopic): ThinMember {
  const { params = withoutParams, event, history = noHistory } = given;
  const template = params(uri);
  const checked = thinMapper(event);
  return {
    template,
    create(peer, name, { options, layers }) {
      const unchecked = options.validate === "none" && Array.isArray(event);
      const mapper = unchecked ? thinMapper([event[0], event[1]]) : checked;
      const plan = { name, uri, definition: given, template, event: mapper, options };
      return createTopicMember(peer, plan, { readHistory: history, layers });
    },
  };
}

/** Creates the parameters of a URI, with codecs for those that are not text. */
export function thinParams(codecs: Readonly<Record<string, ThinCodec | null>> = {}): ThinParams {
  return (uri) =>
    withParams(parseTemplate(uri), (name) => {
      const codec = codecs[name];
      if (codec === undefined) return undefined;
      return {
        send: (value) => converted(codec, "send", value),
        receive: (value) => converted(codec, "receive", value),
      };
    });
}

const noHistory: ReadHistory = (_peer, { plan }) => {
  throw misuse(
    `${plan.uri} history`,
    DEVELOPMENT &&
      "this thin client was generated without it; set thin.history in the configuration and run codegen again",
  );
};
