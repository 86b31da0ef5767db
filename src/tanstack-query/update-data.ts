import type { Query, QueryClient, QueryKey } from "@tanstack/react-query";
import { fetchAgain } from "./fetch-again.js";

/** A change of a query's data by one event. Returns `undefined` to leave them unchanged. */
export type Change = (data: unknown) => unknown;

interface Update {
  readonly queryKey: QueryKey;
  readonly change: Change;
  /** Reports an exception that `change` throws when it is applied again. */
  readonly report: (error: unknown) => void;
}

/** The maximum number of changes that are kept for the result of one fetch. */
const MOST_KEPT = 1_000;

// query that is being fetched → the changes since then, oldest first
const kept = new WeakMap<Query, Update[]>();

/**
 * Changes the data of a query. If the query is being fetched, the change is also applied to the fetched data before they are shown,
 * because a callee may have read them earlier. Throws what `change` throws.
 */
export function updateData(client: QueryClient, update: Update): void {
  const { queryKey, change } = update;
  client.setQueryData(queryKey, change);
  const query = client.getQueryCache().find({ queryKey });
  if (!query || query.state.fetchStatus === "idle") return;
  const updates = kept.get(query);
  if (!updates) keepFor(client, query, update);
  else if (updates.length < MOST_KEPT) updates.push(update);
  else startAnew(client, queryKey);
}

/** Keeps changes until the query is not being fetched any more. */
function keepFor(client: QueryClient, query: Query, first: Update): void {
  const updates = [first];
  kept.set(query, updates);
  const stop = client.getQueryCache().subscribe((event) => {
    if (event.query !== query || (event.type !== "updated" && event.type !== "removed")) return;
    if (event.type === "updated" && query.state.fetchStatus !== "idle") return;
    stop();
    kept.delete(query);
    if (event.type === "updated" && event.action.type === "success") applyAgain(client, updates); // otherwise, the data are still those of the changes
  });
}

/** Changes fetched data. Components are told of one change only, as the query cache tells its listeners before it tells them. */
function applyAgain(client: QueryClient, updates: readonly Update[]): void {
  for (const { queryKey, change, report } of updates) {
    try {
      client.setQueryData(queryKey, change);
    } catch (error) {
      report(error);
    }
  }
}

/** Fetches a query from the beginning: its result would lack changes. The data that the events have changed are shown until then. */
function startAnew(client: QueryClient, queryKey: QueryKey): void {
  const filters = { queryKey, exact: true };
  void client.cancelQueries(filters); // which never rejects, and ends the keeping of changes
  fetchAgain(client, filters);
}
