/** The effect of a change on peers that still use the old contract. */
export type Severity = "breaking" | "risky" | "safe";

/** The sender and the receiver of a value. Each side may use the old or the new contract. */
export type Flow = "callerToCallee" | "calleeToCaller" | "publisherToSubscriber";

/** The side to update first, so that both keep working in the meantime. With `both`, no order helps. */
export type First = "callers" | "callees" | "publishers" | "subscribers" | "both" | "either";

export interface Verdict {
  readonly severity: Severity;
  /** The reason. It continues the description of the change. */
  readonly because: string;
}

const safe = (because: string): Verdict => ({ severity: "safe", because });
const risky = (because: string): Verdict => ({ severity: "risky", because });
const breaking = (because: string): Verdict => ({ severity: "breaking", because });

const REFUSED = "valid values are now refused";
const UNEXPECTED = "receivers refuse the new values";

/** The kinds of changes of a schema. */
export type SchemaChange =
  | "optionalFieldAdded"
  | "requiredFieldAdded"
  | "fieldAddedToStrict"
  | "requiredFieldAddedToStrict"
  | "fieldRemoved"
  | "fieldRemovedFromStrict"
  | "optionalFieldRemoved"
  | "madeRequired"
  | "madeOptional"
  | "nullAllowed"
  | "nullForbidden"
  | "variantAdded"
  | "variantRemoved"
  | "tightened"
  | "loosened"
  | "changed"
  | "defaultChanged"
  | "readMore"
  | "readLess";

/** The kinds of changes of a whole member. */
export type MemberChange =
  | "procedureAdded"
  | "procedureRemoved"
  | "topicAdded"
  | "topicRemoved"
  | "memberRenamed"
  | "uriChanged"
  | "wireChanged"
  | "errorAdded"
  | "errorRemoved"
  | "inputRemoved"
  | "outputAdded"
  | "outputRemoved"
  | "progressRemoved"
  | "chunksAdded"
  | "chunksRemoved"
  | "eventAdded"
  | "eventRemoved"
  | "accessNarrowed"
  | "accessWidened"
  | "policyChanged";

/** The effect of a change on a value from an old sender to a new receiver, and from a new sender to an old receiver. */
export const SCHEMA_CHANGES: Readonly<Record<SchemaChange, Readonly<Record<"oldSender" | "oldReceiver", Verdict>>>> = {
  optionalFieldAdded: { oldSender: safe("it may be omitted"), oldReceiver: safe("receivers ignore it") },
  requiredFieldAdded: { oldSender: breaking("senders do not know it"), oldReceiver: safe("receivers ignore it") },
  fieldAddedToStrict: {
    oldSender: safe("it may be omitted"),
    oldReceiver: breaking("receivers refuse fields they do not know"),
  },
  requiredFieldAddedToStrict: {
    oldSender: breaking("senders do not know it"),
    oldReceiver: breaking("receivers refuse fields they do not know"),
  },
  fieldRemoved: { oldSender: safe("it is ignored"), oldReceiver: breaking("receivers require it") },
  fieldRemovedFromStrict: {
    oldSender: breaking("senders still send it, and unknown fields are refused"),
    oldReceiver: breaking("receivers require it"),
  },
  optionalFieldRemoved: { oldSender: safe("it is ignored"), oldReceiver: breaking("receivers may rely on it") },
  madeRequired: { oldSender: breaking("senders may omit it"), oldReceiver: safe("receivers accept it") },
  madeOptional: { oldSender: safe("senders need no change"), oldReceiver: breaking("receivers require it") },
  nullAllowed: { oldSender: safe("senders need no change"), oldReceiver: breaking("receivers do not expect null") },
  nullForbidden: { oldSender: breaking("senders may send null"), oldReceiver: safe("receivers accept it") },
  variantAdded: {
    oldSender: safe("senders need no change"),
    oldReceiver: risky("receivers may not handle it"),
  },
  variantRemoved: { oldSender: breaking("senders may send it"), oldReceiver: safe("receivers do not require it") },
  tightened: { oldSender: breaking(REFUSED), oldReceiver: safe("receivers accept all values") },
  loosened: { oldSender: safe("senders need no change"), oldReceiver: breaking(UNEXPECTED) },
  changed: { oldSender: breaking(REFUSED), oldReceiver: breaking(UNEXPECTED) },
  defaultChanged: {
    oldSender: risky("senders that omit it get another value"),
    oldReceiver: risky("receivers get another value if it is omitted"),
  },
  readMore: { oldSender: safe("senders need no change"), oldReceiver: safe("the value on the wire is the same") },
  readLess: { oldSender: breaking(REFUSED), oldReceiver: safe("the value on the wire is the same") },
};

/** The effect of a change of a whole member, with the side to update first. */
export const MEMBER_CHANGES: Readonly<Record<MemberChange, Verdict & { readonly first: First }>> = {
  procedureAdded: { ...safe("nobody uses it yet"), first: "callees" },
  procedureRemoved: { ...breaking("peers may still use it"), first: "callers" },
  topicAdded: { ...safe("nobody uses it yet"), first: "either" },
  topicRemoved: { ...breaking("peers may still use it"), first: "either" },
  memberRenamed: {
    ...safe("the URI is the same; only regenerated code uses the new name"),
    first: "either",
  },
  uriChanged: { ...breaking("peers still use the old URI"), first: "both" },
  wireChanged: { ...breaking("peers still use the old mapping"), first: "both" },
  errorAdded: { ...risky("callers handle it as an unknown error"), first: "callers" },
  errorRemoved: { ...safe("callers do not require it"), first: "callees" },
  inputRemoved: { ...safe("the callee ignores the input"), first: "callees" },
  outputAdded: { ...safe("callers ignore it"), first: "callees" },
  outputRemoved: { ...breaking("callers rely on it"), first: "callers" },
  progressRemoved: { ...risky("callers receive no progress"), first: "callers" },
  chunksAdded: { ...risky("callers send no chunks"), first: "callees" },
  chunksRemoved: { ...breaking("the callee ignores the callers' chunks"), first: "callers" },
  eventAdded: { ...breaking("old publishers send no payload"), first: "publishers" },
  eventRemoved: { ...breaking("subscribers require it"), first: "subscribers" },
  accessNarrowed: { ...breaking("the router refuses sessions that had access"), first: "both" },
  accessWidened: { ...safe("no session loses access"), first: "either" },
  policyChanged: { ...risky("the behavior changes for peers"), first: "either" },
};

const SIDES: Readonly<Record<Flow, { readonly senders: First; readonly receivers: First }>> = {
  callerToCallee: { senders: "callers", receivers: "callees" },
  calleeToCaller: { senders: "callees", receivers: "callers" },
  publisherToSubscriber: { senders: "publishers", receivers: "subscribers" },
};

const WORSE: readonly Severity[] = ["safe", "risky", "breaking"];

/**
 * Returns the effect of a schema change. By default callees are updated first, so callers may still have the old contract in both
 * directions. Publishers and subscribers are updated independently: each must work with the other's old contract.
 */
export function judge(change: SchemaChange, flow: Flow): Verdict & { readonly first: First } {
  const { oldSender, oldReceiver } = SCHEMA_CHANGES[change];
  const { senders, receivers } = SIDES[flow];
  const [isFromOldFine, isToOldFine] = [oldSender, oldReceiver].map(({ severity }) => severity === "safe");
  const first = isFromOldFine ? (isToOldFine ? "either" : receivers) : isToOldFine ? senders : "both";
  if (flow === "callerToCallee") return { ...oldSender, first };
  if (flow === "calleeToCaller") return { ...oldReceiver, first };
  const isWorseFromOld = WORSE.indexOf(oldSender.severity) > WORSE.indexOf(oldReceiver.severity);
  return { ...(isWorseFromOld ? oldSender : oldReceiver), first };
}
