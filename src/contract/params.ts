import { checkTemplate } from "#check-template";
import { isComponent } from "./component.js";

/**
 * Names of the `{name}` and `{...name}` parameters of a URI template.
 * `{...name}` stands for the remainder and may only come last.
 */
export type ParamNames<Uri extends string> = Uri extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `...${infer Remainder}` ? Remainder : Name) | ParamNames<Rest>
  : never;

/** The parameter of a template that stands for the remainder, if it has one. */
export type RestParamName<Uri extends string> = Uri extends `${string}{...${infer Name}}` ? Name : never;

/** One component of a template: fixed text, a parameter for one component, or the remainder. */
export type Component =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "param"; readonly name: string }
  | { readonly kind: "rest"; readonly name: string };

/** A URI with parameters, taken apart. */
export interface UriTemplate {
  readonly uri: string;
  readonly components: readonly Component[];
  /** Names of the parameters, in order. */
  readonly names: readonly string[];
  /** The name of `{...rest}`, if the template ends in one. */
  readonly rest: string | undefined;
}

/** The URI and match policy to subscribe or register, for a template with open parameters. */
export interface Pattern {
  readonly uri: string;
  readonly match: "exact" | "wildcard" | "prefix";
}

const PARAM = /^\{(\.\.\.)?([A-Za-z_$][\w$]*)\}$/;

/**
 * Takes a URI template apart. Throws `TypeError` where it is no valid template; the message names the component. Bundles for
 * browsers leave that check out.
 */
export function parseTemplate(uri: string): UriTemplate {
  const components = splitComponents(uri).map(parseComponent);
  const names = components.flatMap((component) => (component.kind === "text" ? [] : [component.name]));
  const rest = components.at(-1)?.kind === "rest" ? names.at(-1) : undefined;
  const template = { uri, components, names, rest };
  checkTemplate(template);
  return template;
}

/** The URI with every parameter filled in. Throws `TypeError` for a value that is missing or no valid component. */
export function fillTemplate(template: UriTemplate, params: Readonly<Record<string, string>>): string {
  if (template.names.length === 0) return template.uri;
  return template.components
    .map((component) =>
      component.kind === "text" ? component.text : paramText(template, component, params[component.name]),
    )
    .join(".");
}

/**
 * The pattern that matches a template with some parameters open: an open `{name}` becomes an empty component under
 * `wildcard`, an open `{...rest}` a `prefix` that keeps its trailing dot. WAMP cannot do both at once, so a parameter
 * before an open remainder must be given; `TypeError` says which.
 */
export function patternOf(template: UriTemplate, params: Readonly<Record<string, string | undefined>>): Pattern {
  let match: Pattern["match"] = "exact";
  const restOpen = template.rest !== undefined && params[template.rest] === undefined;
  const texts = template.components.map((component) => {
    if (component.kind === "text") return component.text;
    const value = params[component.name];
    if (value !== undefined) return paramText(template, component, value);
    if (component.kind === "rest") match = "prefix";
    else if (restOpen) {
      throw new TypeError(
        `${template.uri}: give {${component.name}} a value, since {...${template.rest}} is left open and WAMP cannot match both at once`,
      );
    } else match = "wildcard";
    return "";
  });
  return { uri: texts.join("."), match };
}

/** The parameters of a concrete URI, or `undefined` where the template does not match it. */
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

/** `{...name}` holds dots of its own, so they are looked for before the text is split. */
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

function paramText(
  template: UriTemplate,
  component: Exclude<Component, { kind: "text" }>,
  value: string | undefined,
): string {
  if (value === undefined) throw new TypeError(`${template.uri}: the parameter "${component.name}" is missing`);
  const valid = component.kind === "rest" ? value.split(".").every(isComponent) : isComponent(value);
  if (valid) return value;
  const shape =
    component.kind === "rest" ? "non-empty components joined by dots" : "one non-empty component without dots";
  throw new TypeError(`${template.uri}: the parameter "${component.name}" must be ${shape}, blanks, "#", "{" or "}"`);
}
