/**
 * Values by prefix: a radix tree over characters. A lookup walks the URI once, whatever the tree holds; adding and
 * removing a prefix touch the nodes on its own way and no others.
 */
export class PrefixTree<T> {
  readonly #root = new PrefixNode<T>("");

  /** The value of exactly this prefix. */
  get(prefix: string): T | undefined {
    let at = 0;
    for (let node: PrefixNode<T> | undefined = this.#root; node; node = node.childOn(prefix, at)) {
      at += node.label.length;
      if (at === prefix.length) return node.value;
    }
    return undefined;
  }

  /** The value of the longest prefix of a URI. */
  longest(uri: string): T | undefined {
    let found: T | undefined;
    let at = 0;
    for (let node: PrefixNode<T> | undefined = this.#root; node; node = node.childOn(uri, at)) {
      if (node.value !== undefined) found = node.value;
      at += node.label.length;
    }
    return found;
  }

  /** Adds the values of all prefixes of a URI to `found`, from long to short. */
  collect(uri: string, found: T[]): void {
    const start = found.length;
    let at = 0;
    for (let node: PrefixNode<T> | undefined = this.#root; node; node = node.childOn(uri, at)) {
      if (node.value !== undefined) found.push(node.value);
      at += node.label.length;
    }
    for (let low = start, high = found.length - 1; low < high; low++, high--) {
      [found[low], found[high]] = [found[high] as T, found[low] as T];
    }
  }

  /** Sets the value of a prefix. */
  set(prefix: string, value: T): void {
    let node = this.#root;
    let at = 0;
    while (at < prefix.length) {
      node = node.child(prefix, at)?.splitAt(prefix, at, node) ?? node.adopt(new PrefixNode(prefix.slice(at)));
      at += node.label.length;
    }
    node.value = value;
  }

  /** Takes a prefix out, with every node that nothing else needs. */
  delete(prefix: string): void {
    let grandparent: PrefixNode<T> | undefined;
    let parent: PrefixNode<T> | undefined;
    let node: PrefixNode<T> = this.#root;
    for (let at = 0; at < prefix.length; at += node.label.length) {
      const child = node.childOn(prefix, at);
      if (!child) return;
      grandparent = parent;
      parent = node;
      node = child;
    }
    node.value = undefined;
    parent?.tidy(node);
    if (parent) grandparent?.tidy(parent);
  }
}

/** The label is what its prefix has beyond its parent's; children are told apart by the first character of theirs. */
class PrefixNode<T> {
  value: T | undefined;
  label: string;
  #children: Map<number, PrefixNode<T>> | undefined; // where there are any: most nodes are leaves

  constructor(label: string) {
    this.label = label;
  }

  /** The child whose label begins with the character at `at`. */
  child(text: string, at: number): PrefixNode<T> | undefined {
    return this.#children?.get(text.charCodeAt(at));
  }

  /** The child whose whole label stands at `at`. */
  childOn(text: string, at: number): PrefixNode<T> | undefined {
    const child = this.child(text, at);
    return child && text.startsWith(child.label, at) ? child : undefined;
  }

  adopt(child: PrefixNode<T>): PrefixNode<T> {
    this.#children ??= new Map();
    this.#children.set(child.label.charCodeAt(0), child);
    return child;
  }

  /** This node, or a new one between it and its parent where only the start of its label stands at `at`. */
  splitAt(text: string, at: number, parent: PrefixNode<T>): PrefixNode<T> {
    let shared = 1; // the character it was found by
    while (shared < this.label.length && this.label.charCodeAt(shared) === text.charCodeAt(at + shared)) shared++;
    if (shared === this.label.length) return this;
    const upper = parent.adopt(new PrefixNode<T>(this.label.slice(0, shared)));
    this.label = this.label.slice(shared);
    upper.adopt(this);
    return upper;
  }

  /** Drops a child without value that has no child, and joins one that has a single child with it. */
  tidy(child: PrefixNode<T>): void {
    if (child.value !== undefined) return;
    const grandchildren = child.#children?.size ?? 0;
    if (grandchildren === 0) this.#children?.delete(child.label.charCodeAt(0));
    if (grandchildren !== 1) return;
    for (const only of child.#children?.values() ?? []) {
      only.label = child.label + only.label;
      this.adopt(only);
    }
  }
}
