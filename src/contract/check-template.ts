import { isComponent } from "./component.js";
import type { Component, UriTemplate } from "./params.js";

/** Throws `TypeError` if a URI template is not valid. The message names the component. */
export function checkTemplate({ uri, components, names }: UriTemplate): void {
  for (const component of components) if (component.kind === "text") checkText(uri, component.text);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined)
    throw new TypeError(`${uri}: the parameter {${repeated}} occurs twice; use different names`);
  const inherited = names.find((name) => name in Object.prototype);
  if (inherited !== undefined) {
    throw new TypeError(
      `${uri}: a parameter must not be named ${inherited}, a name that every object has; choose another name`,
    );
  }
  checkRemainder(uri, components);
}

function checkText(uri: string, text: string): void {
  if (isComponent(text)) return;
  if (text === "") throw new TypeError(`${uri}: a component is empty; join components by single dots`);
  if (text.includes("{") || text.includes("}")) {
    throw new TypeError(
      `${uri}: "${text}" is not a valid parameter; write {name} as a whole component, or {...name} at the end`,
    );
  }
  throw new TypeError(`${uri}: "${text}" contains white space or "#", which a URI must not contain`);
}

function checkRemainder(uri: string, components: readonly Component[]): void {
  const at = components.findIndex(({ kind }) => kind === "rest");
  const remainder = components[at];
  if (remainder?.kind !== "rest") return;
  if (at !== components.length - 1) {
    throw new TypeError(`${uri}: {...${remainder.name}} matches the rest of the URI; move it to the end`);
  }
  if (at === 0) throw new TypeError(`${uri}: a URI needs at least one component before {...${remainder.name}}`);
}
