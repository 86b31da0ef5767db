/** Entry point `wampact/tanstack-query`: options for TanStack Query, and topics that keep queries fresh. */
export { useInvalidateOnReturn } from "./connection.js";
export {
  type CallMutationOptions,
  type CallQueryOptions,
  mutationOptions,
  type QueryContext,
  type QueryData,
  queryKeyOf,
  queryOptions,
  type Streamed,
  type StreamedQueryOptions,
  streamedQuery,
  type Variables,
} from "./options.js";
export {
  type FollowOptions,
  type InvalidatedQueries,
  type TaggedQuery,
  type TopicUpdate,
  useInvalidateOn,
  useUpdateOn,
} from "./topics.js";
