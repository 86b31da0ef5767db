/** The part of a page's API that is used here. Other platforms lack all of it. */
interface EventSource {
  addEventListener?(type: string, listener: () => void, options: { readonly signal: AbortSignal }): void;
}
interface Page extends EventSource {
  readonly document?: EventSource & { readonly visibilityState?: string };
}

const page = (): Page => globalThis as unknown as Page;

/** Returns whether this is a hidden page. Its timers are slow, and it may be suspended. */
export function isHidden(): boolean {
  return page().document?.visibilityState === "hidden";
}

/**
 * Calls `woken` when a page is visible again or its network is back, and `sleeps` before it may be suspended. Returns a function
 * that stops this.
 */
export function watchPage(woken: () => void, sleeps: () => void): () => void {
  const { document } = page();
  const ending = new AbortController();
  const { signal } = ending;
  page().addEventListener?.("online", woken, { signal });
  document?.addEventListener?.("resume", woken, { signal });
  document?.addEventListener?.("visibilitychange", () => (isHidden() ? sleeps() : woken()), { signal });
  document?.addEventListener?.("freeze", sleeps, { signal });
  return () => ending.abort();
}
