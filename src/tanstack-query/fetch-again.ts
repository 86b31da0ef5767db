import { hashKey, type InvalidateQueryFilters, type QueryClient } from "@tanstack/react-query";

interface Fetching {
  /** Whether an event arrived that this fetch may not have seen. */
  isStale: boolean;
}

// query client → filters → the fetch in progress, which all components share
const fetching = new WeakMap<QueryClient, Map<string, Fetching>>();

/**
 * Fetches queries again. Cancels fetches that began earlier, because a callee may have read its data before the event. While a fetch
 * that this function started is in progress, further events cause one more after it, so that frequent events do not cancel every
 * fetch. Never throws.
 */
export function fetchAgain(client: QueryClient, filters: InvalidateQueryFilters): void {
  const known = fetching.get(client) ?? new Map<string, Fetching>();
  fetching.set(client, known);
  const key = hashKey([filters.queryKey, filters.exact, filters.refetchType]);
  const current = known.get(key);
  if (current) current.isStale = true;
  else {
    const started: Fetching = { isStale: false };
    known.set(key, started);
    void run(client, filters, started).finally(() => known.delete(key));
  }
}

/** Neither step rejects: failures are in the state of the query. */
async function run(client: QueryClient, filters: InvalidateQueryFilters, started: Fetching): Promise<void> {
  await client.cancelQueries(filters); // in this turn, other components ask for the same event
  do {
    started.isStale = false;
    await client.invalidateQueries(filters);
  } while (started.isStale);
}
