/** Entry `wampact/thin`: what generated thin clients are made of. Applications import those. */
export type { Brand, Branded } from "./contract/brand.js";
export type { Call } from "./peer/call.js";
export type { CallerPeer, CallOptions } from "./peer/types.js";
export { readHistory } from "./typed/history.js";
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
  isoDate,
  isoDay,
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
  type ThinParams,
  type ThinProcedure,
  type ThinTopic,
  thinParams,
  thinProcedure,
  thinTopic,
} from "./typed/thin/members.js";
export {
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
export type { ClientOptions, ErrorGuard, PlainTopicClient, TopicClient } from "./typed/types.js";
