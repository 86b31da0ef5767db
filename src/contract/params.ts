import { checkTemplate } from "#check-template";
import { isComponent } from "./component.js";

/**
 * The names of the `{name}` and `{...name}` parameters of a URI template. `{...name}` matches the rest of the URI and must be
 * last.
 */
export type ParamNames<Uri extends string> = Uri extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `...${infer Remainder}` ? Remainder : Name) | ParamNames<Rest>
  : never;

/** The name of a template's `{...name}` parameter; `never` if it has none. */
export type RestParamName<Uri extends string> = Uri extends `${string}{...${infer Name}}` ? Name : never;

/** One component of a template: text, a parameter for one component, or a parameter for the rest. */
export type Component =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "param"; readonly name: string }
  | { readonly kind: "rest"; readonly name: string };

/** A parsed URI template. */
export interface UriTemplate {
  readonly uri: string;
  readonly components: readonly Component[];
  /** The names of the parameters, in order. */
  readonly names: readonly string[];
  /** The name of `{...rest}`, if the template ends in one. */
  readonly rest: string | undefined;
}

/** The URI and match policy of a subscription or registration for a template with open parameters. */
export interface Pattern {
  readonly uri: string;
  readonly match: "exact" | "wildcard" | "prefix";
}

const PARAM = /^\{(\.\.\.)?([A-Za-z_$][\w$]*)\}$/;

/**
 * Parses a URI template. Throws `TypeError` with the component if it is not valid. Browser bundles omit the check.
 */
export function parseTemplate(uri: string): UriTemplate {
  const components = splitComponents(uri).map(parseComponent);
  const names = components.flatMap((component) => (component.kind === "text" ? [] : [component.name]));
  const rest = components.at(-1)?.kind === "rest" ? names.at(-1) : undefined;
  const template = { uri, components, names, rest };
  checkTemplate(template);
  return template;
}

/** Returns the URI with all parameters filled in. Throws `TypeError` for a value that is missing or not a valid component. */
export function fillTemplate(template: UriTemplate, params: Readonly<Record<string, string>>): string {
  if (template.names.length === 0) return template.uri;
  return template.components
    .map((component) => (component.kind === "text" ? component.text : paramText(component, params[component.name])))
    .join(".");
}

/**
 * Returns the pattern for a template with open parameters. An open `{name}` becomes an empty component of a `wildcard`
 * pattern. An open `{...rest}` becomes a `prefix` pattern with a trailing dot. WAMP cannot combine both, so throws `TypeError`
 * for an open parameter before an open `{...rest}`.
 */
export function patternOf(template: UriTemplate, params: Readonly<Record<string, string | undefined>>): Pattern {
  let match: Pattern["match"] = "exact";
  const restOpen = template.rest !== undefined && params[template.rest] === undefined;
  const texts = template.components.map((component) => {
    if (component.kind === "text") return component.text;
    const value = params[component.name];
    if (value !== undefined) return paramText(component, value);
    if (component.kind === "rest") match = "prefix";
    else if (restOpen) {
      throw new TypeError(
        `{${component.name}} needs a value because {...${template.rest}} is open; WAMP cannot match both at once`,
      );
    } else match = "wildcard";
    return "";
  });
  return { uri: texts.join("."), match };
}

/** Returns the parameters of a concrete URI; `undefined` if it does not match the template. */
export function matchTemplate(template: UriTemplate, uri: string): Record<string, string> | undefined {
  const parts = uri.split(".");
  const { components } = template;
  if (template.rest === undefined ? parts.length !== components.length : parts.length < components.length)
    return undefined;
  const params: Record<string, string> = {};
  for (const [index, component] of components.entries()) {
    const part = parts[index];
    if (part === undefined || part === "") return undefined;
    if (component.kind === "text") {
      if (component.text !== part) return undefined;
    } else params[component.name] = component.kind === "rest" ? parts.slice(index).join(".") : part;
  }
  return params;
}

/** Splits a URI into components. `{...name}` contains dots, so it is matched before the text is split. */
function splitComponents(uri: string): string[] {
  return (uri.match(/\{[^{}]*\}|[^.{}]+|[.{}]/g) ?? []).reduce<string[]>(
    (parts, token) => {
      if (token === ".") parts.push("");
      else parts.push((parts.pop() ?? "") + token);
      return parts;
    },
    [""],
  );
}

function parseComponent(text: string): Component {
  const [, rest, name] = PARAM.exec(text) ?? [];
  if (name === undefined) return { kind: "text", text };
  return { kind: rest === undefined ? "param" : "rest", name };
}

function paramText(component: Exclude<Component, { kind: "text" }>, value: string | undefined): string {
  if (value === undefined) throw new TypeError(`the parameter "${component.name}" is missing`);
  const valid = component.kind === "rest" ? value.split(".").every(isComponent) : isComponent(value);
  if (valid) return value;
  const shape =
    component.kind === "rest" ? "non-empty components joined by dots" : "one non-empty component without dots";
  throw new TypeError(`the parameter "${component.name}" must be ${shape}, white space, "#", "{" or "}"`);
}
