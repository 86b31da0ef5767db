import type { $ZodType } from "zod/v4/core";
import type { Issue } from "../wire/issue.js";
import { anything, checkSettings, text } from "../wire/settings.js";
import { fillTemplate, matchTemplate, type Pattern, parseTemplate, patternOf, type UriTemplate } from "./params.js";
import { synchronous } from "./synchronous.js";
import { createValidator, type Validator } from "./validate.js";

/** Values of a URI's parameters in the application. */
export type ParamValues = Readonly<Record<string, unknown>>;

/** A URI template with the schemas of its parameters. Converts between values and URIs. */
export interface TypedTemplate {
  readonly template: UriTemplate;
  /** Returns the concrete URI. */
  fill(params: ParamValues): Filled<string>;
  /** Returns the pattern in which omitted parameters are open. */
  pattern(params: ParamValues): Filled<Pattern>;
  /** Returns the values in a concrete URI; `undefined` if it does not match. */
  read(uri: string): ParamValues | undefined;
}

const NO_PARAMS: ParamValues = Object.freeze({});

/** A URI, or the issues of its parameter values. */
export type Filled<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** Creates a typed template. Throws `TypeError` for an invalid template. Parameter schemas must be synchronous. */
export function createTypedTemplate(
  uri: string,
  schemas: Readonly<Record<string, $ZodType | undefined>> = {},
): TypedTemplate {
  const template = parseTemplate(uri);
  const rules = Object.fromEntries(template.names.map((name) => [name, schemas[name] ? anything : text]));
  const validators = new Map(template.names.map((name) => [name, createValidator(schemas[name], "both")]));

  function texts(params: ParamValues): Filled<Record<string, string | undefined>> {
    checkSettings(params, rules, `${uri} params`); // a misspelled parameter would count as open
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

  if (template.names.length === 0) {
    const filled = { ok: true, value: uri } as const;
    return {
      template,
      fill: () => filled,
      pattern: () => ({ ok: true, value: { uri, match: "exact" } }),
      read: (concrete) => (concrete === uri ? NO_PARAMS : undefined),
    };
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
