/** How a change meets those who still have the contract of before. */
export type Severity = "breaking" | "risky" | "safe";

/** Who sends a value and who receives it. Each side has its contract of its own, of before or of now. */
export type Flow = "callerToCallee" | "calleeToCaller" | "publisherToSubscriber";

/** Which side is to be updated first, for those in between to go on: with `both` at once, no order helps. */
export type First = "callers" | "callees" | "publishers" | "subscribers" | "both" | "either";

export interface Verdict {
  readonly severity: Severity;
  /** Why; the first word goes on from the change. */
  readonly because: string;
}

const safe = (because: string): Verdict => ({ severity: "safe", because });
const risky = (because: string): Verdict => ({ severity: "risky", because });
const breaking = (because: string): Verdict => ({ severity: "breaking", because });

const REFUSED = "values that were fine are refused now";
const UNEXPECTED = "receivers get values that their schema refuses";

/** What can happen to a schema. */
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

/** What can happen to a member as a whole. */
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

/** How a change meets a value from a sender of before to a receiver of now, and from a sender of now to a receiver of before. */
export const SCHEMA_CHANGES: Readonly<Record<SchemaChange, Readonly<Record<"oldSender" | "oldReceiver", Verdict>>>> = {
  optionalFieldAdded: { oldSender: safe("it may be left out"), oldReceiver: safe("receivers ignore it") },
  requiredFieldAdded: { oldSender: breaking("senders do not know it"), oldReceiver: safe("receivers ignore it") },
  fieldAddedToStrict: {
    oldSender: safe("it may be left out"),
    oldReceiver: breaking("receivers refuse fields they do not know"),
  },
  requiredFieldAddedToStrict: {
    oldSender: breaking("senders do not know it"),
    oldReceiver: breaking("receivers refuse fields they do not know"),
  },
  fieldRemoved: { oldSender: safe("it is ignored"), oldReceiver: breaking("receivers wait for it") },
  fieldRemovedFromStrict: {
    oldSender: breaking("senders still send it, and unknown fields are refused"),
    oldReceiver: breaking("receivers wait for it"),
  },
  optionalFieldRemoved: { oldSender: safe("it is ignored"), oldReceiver: breaking("receivers may rely on it") },
  madeRequired: { oldSender: breaking("senders may leave it out"), oldReceiver: safe("receivers cope with it") },
  madeOptional: { oldSender: safe("senders may go on"), oldReceiver: breaking("receivers rely on it") },
  nullAllowed: { oldSender: safe("senders may go on"), oldReceiver: breaking("receivers do not expect null") },
  nullForbidden: { oldSender: breaking("senders may send null"), oldReceiver: safe("receivers cope with it") },
  variantAdded: {
    oldSender: safe("senders may go on"),
    oldReceiver: risky("receivers may not know what to do with it"),
  },
  variantRemoved: { oldSender: breaking("senders may send it"), oldReceiver: safe("receivers wait for nothing") },
  tightened: { oldSender: breaking(REFUSED), oldReceiver: safe("receivers take all of it") },
  loosened: { oldSender: safe("senders may go on"), oldReceiver: breaking(UNEXPECTED) },
  changed: { oldSender: breaking(REFUSED), oldReceiver: breaking(UNEXPECTED) },
  defaultChanged: {
    oldSender: risky("who leaves it out gets another value"),
    oldReceiver: risky("who leaves it out gives another value"),
  },
  readMore: { oldSender: safe("senders may go on"), oldReceiver: safe("it is sent as before") },
  readLess: { oldSender: breaking(REFUSED), oldReceiver: safe("it is sent as before") },
};

/** The same for a member as a whole, with the side to update first. */
export const MEMBER_CHANGES: Readonly<Record<MemberChange, Verdict & { readonly first: First }>> = {
  procedureAdded: { ...safe("nobody uses it yet"), first: "callees" },
  procedureRemoved: { ...breaking("peers that use it find nothing"), first: "callers" },
  topicAdded: { ...safe("nobody uses it yet"), first: "either" },
  topicRemoved: { ...breaking("peers that use it find nothing"), first: "either" },
  memberRenamed: {
    ...safe("the URI is the same; only code that is generated again sees the new name"),
    first: "either",
  },
  uriChanged: { ...breaking("peers use the old one"), first: "both" },
  wireChanged: { ...breaking("peers put values elsewhere"), first: "both" },
  errorAdded: { ...risky("callers know it only as an unknown error"), first: "callers" },
  errorRemoved: { ...safe("callers wait for nothing"), first: "callees" },
  inputRemoved: { ...safe("what is sent is ignored"), first: "callees" },
  outputAdded: { ...safe("callers ignore it"), first: "callees" },
  outputRemoved: { ...breaking("callers rely on it"), first: "callers" },
  progressRemoved: { ...risky("callers that show progress get none"), first: "callers" },
  chunksAdded: { ...risky("callers send none"), first: "callees" },
  chunksRemoved: { ...breaking("nobody reads what callers send"), first: "callers" },
  eventAdded: { ...breaking("publishers of before send none"), first: "publishers" },
  eventRemoved: { ...breaking("subscribers rely on it"), first: "subscribers" },
  accessNarrowed: { ...breaking("sessions of these roles are refused"), first: "both" },
  accessWidened: { ...safe("nobody loses anything"), first: "either" },
  policyChanged: { ...risky("peers see another behaviour"), first: "either" },
};

const SIDES: Readonly<Record<Flow, { readonly senders: First; readonly receivers: First }>> = {
  callerToCallee: { senders: "callers", receivers: "callees" },
  calleeToCaller: { senders: "callees", receivers: "callers" },
  publisherToSubscriber: { senders: "publishers", receivers: "subscribers" },
};

const WORSE: readonly Severity[] = ["safe", "risky", "breaking"];

/**
 * How bad a change of a schema is. Callees go first where nothing else is said, so that callers may still have the contract of
 * before, whichever way a value goes. Publishers and subscribers change independently: each meets the other's contract of before.
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
