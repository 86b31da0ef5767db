/** How a change meets those who still have the contract of before. */
export type Severity = "breaking" | "risky" | "safe";

/** Which way a value goes: an input from those who have not changed yet, an output to them. */
export type Direction = "input" | "output";

interface Verdict {
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
  | "defaultChanged";

/** What can happen to a member as a whole. */
export type MemberChange =
  | "memberAdded"
  | "memberRemoved"
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
  | "policyChanged";

/** How bad a change is, in either direction. Outputs are results, progress, events and error data. */
export const SCHEMA_CHANGES: Readonly<Record<SchemaChange, Readonly<Record<Direction, Verdict>>>> = {
  optionalFieldAdded: { input: safe("it may be left out"), output: safe("receivers ignore it") },
  requiredFieldAdded: { input: breaking("senders do not know it"), output: safe("receivers ignore it") },
  fieldAddedToStrict: {
    input: safe("it may be left out"),
    output: breaking("receivers refuse fields they do not know"),
  },
  requiredFieldAddedToStrict: {
    input: breaking("senders do not know it"),
    output: breaking("receivers refuse fields they do not know"),
  },
  fieldRemoved: { input: safe("it is ignored"), output: breaking("receivers wait for it") },
  fieldRemovedFromStrict: {
    input: breaking("senders still send it, and unknown fields are refused"),
    output: breaking("receivers wait for it"),
  },
  optionalFieldRemoved: { input: safe("it is ignored"), output: breaking("receivers may rely on it") },
  madeRequired: { input: breaking("senders may leave it out"), output: safe("receivers cope with it") },
  madeOptional: { input: safe("senders may go on"), output: breaking("receivers rely on it") },
  nullAllowed: { input: safe("senders may go on"), output: breaking("receivers do not expect null") },
  nullForbidden: { input: breaking("senders may send null"), output: safe("receivers cope with it") },
  variantAdded: { input: safe("senders may go on"), output: risky("receivers may not know what to do with it") },
  variantRemoved: { input: breaking("senders may send it"), output: safe("receivers wait for nothing") },
  tightened: { input: breaking(REFUSED), output: safe("receivers take all of it") },
  loosened: { input: safe("senders may go on"), output: breaking(UNEXPECTED) },
  changed: { input: breaking(REFUSED), output: breaking(UNEXPECTED) },
  defaultChanged: {
    input: risky("who leaves it out gets another value"),
    output: risky("who leaves it out gives another value"),
  },
};

/** The same for a member as a whole. */
export const MEMBER_CHANGES: Readonly<Record<MemberChange, Verdict>> = {
  memberAdded: safe("nobody uses it yet"),
  memberRemoved: breaking("peers that use it find nothing"),
  memberRenamed: safe("the URI is the same; only code that is generated again sees the new name"),
  uriChanged: breaking("peers use the old one"),
  wireChanged: breaking("peers put values elsewhere"),
  errorAdded: risky("callers know it only as an unknown error"),
  errorRemoved: safe("callers wait for nothing"),
  inputRemoved: safe("what is sent is ignored"),
  outputAdded: safe("callers ignore it"),
  outputRemoved: breaking("callers rely on it"),
  progressRemoved: risky("callers that show progress get none"),
  chunksAdded: risky("callers send none"),
  chunksRemoved: breaking("nobody reads what callers send"),
  policyChanged: risky("peers see another behaviour"),
};
