import type { Issue } from "../wire/issue.js";
import { misuse } from "../wire/misuse.js";
import { anything, checkSettings, text } from "../wire/settings.js";
import { fillTemplate, matchTemplate, type Pattern, patternOf, type UriTemplate } from "./params.js";
import { synchronous } from "./synchronous.js";
import type { Validator } from "./validate.js";

/** The application's values of a URI's parameters. */
export type ParamValues = Readonly<Record<string, unknown>>;

/** A URI with parameters and their schemas. It converts values to a URI and back. */
export interface TypedTemplate {
  readonly template: UriTemplate;
  /** Returns the concrete URI. */
  fill(params: ParamValues): Filled<string>;
  /** Returns the pattern in which missing parameters are open. */
  pattern(params: ParamValues): Filled<Pattern>;
  /** Returns the values in a concrete URI; `undefined` if it does not match. */
  read(uri: string): ParamValues | undefined;
}

const NO_PARAMS: ParamValues = Object.freeze({});

/** A URI, or the issues of the values for it. */
export type Filled<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** Creates a URI without parameters. */
export function withoutParams(uri: string): TypedTemplate {
  const filled = { ok: true, value: uri } as const;
  return {
    template: { uri, components: [], names: [], rest: undefined },
    fill: () => filled,
    pattern: () => ({ ok: true, value: { uri, match: "exact" } }),
    read: (concrete) => (concrete === uri ? NO_PARAMS : undefined),
  };
}

const PASSES: Validator = {
  send: (value) => ({ ok: true, value }),
  receive: (value) => ({ ok: true, value }),
};

/** Creates a template with parameters. A parameter without a validator is text. */
export function withParams(template: UriTemplate, validatorOf: (name: string) => Validator | undefined): TypedTemplate {
  const { uri } = template;
  const found = new Map(template.names.map((name) => [name, validatorOf(name)]));
  const rules = Object.fromEntries(template.names.map((name) => [name, found.get(name) ? anything : text]));
  const validators = new Map(template.names.map((name) => [name, found.get(name) ?? PASSES]));

  function texts(params: ParamValues): Filled<Record<string, string | undefined>> {
    checkSettings(params, rules, `${uri} params`);
    const unknown = Object.keys(params).find((name) => !validators.has(name));
    if (unknown !== undefined) throw misuse(`${uri} params.${unknown}`, false); // production bundles, too: it would count as open
    const found: Record<string, string | undefined> = {};
    const issues: Issue[] = [];
    for (const [name, validator] of validators) {
      if (params[name] === undefined) continue;
      const outcome = synchronous(validator.send(params[name]), `${uri} params.${name}`);
      if (outcome.ok) found[name] = String(outcome.value);
      else issues.push(...outcome.issues.map((issue) => ({ ...issue, path: [name, ...issue.path] })));
    }
    return issues.length > 0 ? { ok: false, issues } : { ok: true, value: found };
  }

  return {
    template,
    fill(params) {
      const found = texts(params);
      return found.ok ? built(() => fillTemplate(template, found.value as Record<string, string>)) : found;
    },
    pattern(params) {
      const found = texts(params);
      return found.ok ? built(() => patternOf(template, found.value)) : found;
    },
    read(concrete) {
      const found = matchTemplate(template, concrete);
      return found && readValues(found, validators, uri);
    },
  };
}

function readValues(
  texts: Readonly<Record<string, string>>,
  validators: ReadonlyMap<string, Validator>,
  uri: string,
): ParamValues | undefined {
  const values: Record<string, unknown> = {};
  for (const [name, validator] of validators) {
    const outcome = synchronous(validator.receive(texts[name]), `${uri} params.${name}`);
    if (!outcome.ok) return undefined;
    values[name] = outcome.value;
  }
  return values;
}

function built<T>(make: () => T): Filled<T> {
  try {
    return { ok: true, value: make() };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { ok: false, issues: [{ path: [], code: "custom", message: error.message }] };
  }
}
