/** As much of a page as is used here. Platforms without one lack all of it. */
interface EventSource {
  addEventListener?(type: string, listener: () => void, options: { readonly signal: AbortSignal }): void;
}
interface Page extends EventSource {
  readonly document?: EventSource & { readonly visibilityState?: string };
}

const page = (): Page => globalThis as unknown as Page;

/** Whether this is a page that nobody sees: its timers are slow, and it may be asleep. */
export function isHidden(): boolean {
  return page().document?.visibilityState === "hidden";
}

/** Calls back when a page is seen again or its network is back, and before it may sleep. Returns what ends that. */
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
