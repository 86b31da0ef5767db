/** Entry point `wampact/thin`: the runtime of generated thin clients. Applications import those. */
export type { Brand, Branded } from "./contract/brand.js";
export type { Mapped, Mapper } from "./contract/mapper.js";
export type { WireArguments, WireMapping } from "./contract/mapping.js";
export type { Component, Pattern, UriTemplate } from "./contract/params.js";
export type { Filled, TypedTemplate } from "./contract/uri-params.js";
export type { Outcome, Refused } from "./contract/validate.js";
export type { Call } from "./peer/call.js";
export type { CallerPeer, CallOptions } from "./peer/types.js";
export type { DeclaredError, TypedCallMapping } from "./typed/call-mapping.js";
export { type HistoryQuery, readHistory } from "./typed/history.js";
export { type CallThrough, type EventThrough, type Layers, middleware, type PublishThrough } from "./typed/layers.js";
export type { InputForm, PlannedError, ProcedurePlan, Promises } from "./typed/procedure-plan.js";
export type { PlannedChunks } from "./typed/sent-chunks.js";
export { type CheckedSchema, type CheckedSchemas, checkedBy } from "./typed/thin/check.js";
export { bindThinClient, type ThinMembers, thinUri } from "./typed/thin/client.js";
export type { OwnCodec, ThinCodec } from "./typed/thin/codec.js";
export {
  base64Bytes,
  bigintNumber,
  bigintText,
  coercedBoolean,
  coercedNumber,
  coercedString,
  epochMs,
  epochSeconds,
  exactNumberText,
  isoDate,
  isoDay,
  jsonText,
  lowerCase,
  mapEntries,
  normalize,
  numberText,
  onReceipt,
  own,
  setItems,
  trim,
  upperCase,
  urlText,
} from "./typed/thin/codecs.js";
export type { Check, ThinPayload } from "./typed/thin/mapper.js";
export {
  type ThinMember,
  type ThinOptions,
  type ThinParams,
  type ThinProcedure,
  type ThinTopic,
  thinChunks,
  thinParams,
  thinProcedure,
  thinTopic,
} from "./typed/thin/members.js";
export {
  both,
  byKind,
  byProperty,
  chain,
  defaulted,
  lazily,
  list,
  nullable,
  object,
  optional,
  prefaulted,
  record,
  tuple,
} from "./typed/thin/structures.js";
export type { ReadHistory } from "./typed/topic-client.js";
export type { TopicPlan } from "./typed/topic-plan.js";
export type { ClientOptions, ErrorGuard, PlainTopicClient, TopicClient } from "./typed/types.js";
