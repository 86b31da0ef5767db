/** Entry `wampact/operations`: logs, metrics and the admin listener of a router. */
export type { Admin, AdminOptions } from "./admin/types.js";
export type { Log, LogDestination, LogFields, LogLevel, LogOptions, LogRecord, StructuredLogger } from "./log/types.js";
export type { Metrics, MetricsOptions } from "./metrics/types.js";

// createLog(options?: LogOptions): Promise<Log>
// createMetrics(options?: MetricsOptions): Metrics
// startAdmin(options: AdminOptions): Promise<Admin>
