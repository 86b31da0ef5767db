"use client";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useConnectionStore } from "../react/provider.js";
import { watchReturn } from "../react/use-subscription.js";
import { fetchAgain } from "./fetch-again.js";
import { filtersOf, type InvalidatedQueries } from "./topics.js";

const OF_CALLS: InvalidatedQueries = { queryKey: ["wampact"] };

/**
 * Fetches queries again when a lost connection is back, while the component is mounted: those that have failed in the meantime, and
 * those whose data may have changed. By default all queries of `queryOptions` and `streamedQuery`; those without a component are
 * fetched when one needs them. Throws `Error` outside of a `WampactProvider`.
 *
 * ```tsx
 * useInvalidateOnReturn();
 * ```
 */
export function useInvalidateOnReturn(queries: InvalidatedQueries = OF_CALLS): void {
  const client = useQueryClient();
  const connection = useConnectionStore();
  const latest = useRef(queries);
  useEffect(() => {
    latest.current = queries;
  });
  useEffect(
    () => connection.subscribe(watchReturn(connection, () => fetchAgain(client, filtersOf(latest.current)))),
    [client, connection],
  );
}
