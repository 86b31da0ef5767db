import { publishOptions } from "../../wire/codecs.js";
import { ProtocolViolation, WampError } from "../../wire/error.js";
import { type Dict, isDict } from "../../wire/fields.js";
import type { PublishOptions } from "../../wire/options.js";
import { Payload } from "../../wire/payload.js";
import { INVALID_ARGUMENT } from "../../wire/uris.js";
import { notAuthorized } from "../access/permitted.js";
import { largestEncodedBytes } from "../largest-encoded.js";
import { partyOf } from "../realm-session.js";
import type { TestamentScope } from "../testaments.js";
import type { MetaArguments } from "./arguments.js";
import type { MetaProcedure } from "./procedure.js";
import type { MetaSubjects } from "./subjects.js";

/**
 * Creates the procedures for testaments. A testament is a PUBLISH of its session: the same rules, policies and contracts
 * apply, also when it is published.
 */
export function testamentProcedures(subjects: MetaSubjects): Readonly<Record<string, MetaProcedure>> {
  const { broker, testaments, policies } = subjects;
  return {
    "wamp.session.add_testament": (given, caller) => {
      const named = given.text(0, "topic");
      if (caller.grants.permissions?.allows("publish", named) === false) throw notAuthorized("publish", named);
      const asked = {
        type: "PUBLISH" as const,
        request: 0, // none; policies do not see it
        topic: named,
        payload: Payload.of(given.optionalList(1, "args"), given.optionalDict(2, "kwargs")),
        options: testamentOptions(given),
      };
      const scope = scopeOf(given);
      const { topic, payload, options } = policies?.rewrite(partyOf(caller), asked) ?? asked;
      asArgument(() => broker.checkPublication(caller, { topic, payload, options }));
      const beside = options === asked.options && topic === named ? [] : [named, asked.options]; // needed for authorization when it is published
      const bytes = topic.length + largestEncodedBytes([payload.args, payload.kwargs, options, ...beside]);
      const question = { action: "publish" as const, uri: named, options: asked.options as Dict };
      const testament = { topic, asked: question, payload, options, bytes };
      if (caller.hasLeft) return []; // a policy has ended it
      testaments.add(caller, scope, testament);
      return (
        subjects
          .link()
          ?.testament(caller, scope, testament)
          .then(() => []) ?? []
      );
    },
    "wamp.session.flush_testaments": (given, caller) => {
      const flushed = testaments.flush(caller, scopeOf(given));
      return (
        subjects
          .link()
          ?.withdraw(caller, flushed)
          .then(() => []) ?? []
      );
    },
  };
}

function scopeOf(given: MetaArguments): TestamentScope {
  const scope = given.optionalKwarg("scope") ?? "destroyed";
  if (scope === "detached" || scope === "destroyed") return scope;
  throw new WampError(INVALID_ARGUMENT, { args: ['scope: expected "detached" or "destroyed"'] });
}

function testamentOptions(given: MetaArguments): PublishOptions {
  const options = given.kwargs.publish_options ?? {};
  if (!isDict(options)) throw new WampError(INVALID_ARGUMENT, { args: ["publish_options: expected a dictionary"] });
  return asArgument(() => publishOptions(options, "publish_options"));
}

/** Converts a violation to an error, since invalid options are an argument here. */
function asArgument<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ProtocolViolation)) throw error;
    throw new WampError(INVALID_ARGUMENT, { args: [error.message] });
  }
}
