const COMPONENT = /^[^\s.#{}]+$/;

/** Returns whether a text is a valid URI component in a contract. */
export function isComponent(text: string): boolean {
  return COMPONENT.test(text);
}
