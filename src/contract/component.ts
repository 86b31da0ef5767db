const COMPONENT = /^[^\s.#{}]+$/;

/** Whether a text can be one component of a URI that a contract names. */
export function isComponent(text: string): boolean {
  return COMPONENT.test(text);
}
