/**
 * A map from prefixes to values: a radix tree over characters. A lookup walks the URI once, regardless of the size of the tree.
 * Adding and removing a prefix touch only the nodes on its path.
 */
export class PrefixTree<T> {
  readonly #root = new PrefixNode<T>("");

  /** Returns the value of exactly this prefix. */
  get(prefix: string): T | undefined {
    let at = 0;
    for (let node: PrefixNode<T> | undefined = this.#root; node; node = node.childOn(prefix, at)) {
      at += node.label.length;
      if (at === prefix.length) return node.value;
    }
    return undefined;
  }

  /** Returns the value of the longest prefix of a URI. */
  longest(uri: string): T | undefined {
    let found: T | undefined;
    let at = 0;
    for (let node: PrefixNode<T> | undefined = this.#root; node; node = node.childOn(uri, at)) {
      if (node.value !== undefined) found = node.value;
      at += node.label.length;
    }
    return found;
  }

  /** Appends the values of all prefixes of a URI to `found`, from long to short. */
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

  /** Removes a prefix and the nodes that are no longer needed. */
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

/** A node. Its label is the part of its prefix after its parent's. Children are indexed by the first character of their label. */
class PrefixNode<T> {
  value: T | undefined;
  label: string;
  #children: Map<number, PrefixNode<T>> | undefined; // undefined for leaves, which most nodes are

  constructor(label: string) {
    this.label = label;
  }

  /** Returns the child whose label starts with the character at `at`. */
  child(text: string, at: number): PrefixNode<T> | undefined {
    return this.#children?.get(text.charCodeAt(at));
  }

  /** Returns the child whose whole label is at `at`. */
  childOn(text: string, at: number): PrefixNode<T> | undefined {
    const child = this.child(text, at);
    return child && text.startsWith(child.label, at) ? child : undefined;
  }

  adopt(child: PrefixNode<T>): PrefixNode<T> {
    this.#children ??= new Map();
    this.#children.set(child.label.charCodeAt(0), child);
    return child;
  }

  /** Returns this node or, if only the start of its label is at `at`, a new node between it and its parent. */
  splitAt(text: string, at: number, parent: PrefixNode<T>): PrefixNode<T> {
    let shared = 1; // the first character is equal
    while (shared < this.label.length && this.label.charCodeAt(shared) === text.charCodeAt(at + shared)) shared++;
    if (shared === this.label.length) return this;
    const upper = parent.adopt(new PrefixNode<T>(this.label.slice(0, shared)));
    this.label = this.label.slice(shared);
    upper.adopt(this);
    return upper;
  }

  /** Removes a child without value and children, or merges a child without value with its single child. */
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
