/** Entry point `wampact/operations`: logs, metrics and the admin listener of a router. */
export { startAdmin } from "./admin/admin.js";
export type { Admin, AdminOptions } from "./admin/types.js";
export { createLog } from "./log/log.js";
export type { Log, LogDestination, LogFields, LogLevel, LogOptions, LogRecord, StructuredLogger } from "./log/types.js";
export { createMetrics } from "./metrics/metrics.js";
export type { Metrics, MetricsOptions } from "./metrics/types.js";
