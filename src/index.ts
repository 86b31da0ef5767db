/** Entry point `wampact`: contracts, typed clients and handlers, and `connect`. */
export type { ProcedureAccess, TopicAccess } from "./contract/access.js";
export { type Brand, type Branded, type BrandedSchema, branded, type OfPlain } from "./contract/brand.js";
export { type Contract, error, procedure, topic } from "./contract/contract.js";
export type {
  ErrorType,
  ParamSchemas,
  Procedure,
  ProcedureDefinition,
  Topic,
  TopicDefinition,
  Wire,
} from "./contract/definition.js";
export type { InvalidValue } from "./contract/errors.js";
export type { ParamNames } from "./contract/params.js";
export type { ParamValues } from "./contract/uri-params.js";
export type { ValidateMode } from "./contract/validate-mode.js";
export * from "./peer/index.js";
export { bindClient, createClient, uriOf } from "./typed/client.js";
export type { CallStats } from "./typed/discovery/call-stats.js";
export {
  type FoundService,
  type FoundServices,
  type ListServicesOptions,
  listServices,
} from "./typed/discovery/list-services.js";
export type {
  ServedProcedureInfo,
  ServiceIdentity,
  ServiceInfo,
  ServiceStats,
} from "./typed/discovery/service-info.js";
export type { ErrorMakers, InferredClient, InferredHandlers, Params, ParamsInit } from "./typed/inferred.js";
export {
  type AddedBy,
  type Middleware,
  type MiddlewareCall,
  type Next,
  type RetryOptions,
  retry,
} from "./typed/middleware.js";
export { type CallerRequirements, requireCaller } from "./typed/require-caller.js";
export type { Sent } from "./typed/sent.js";
export { bindService, serve } from "./typed/serve.js";
export type {
  Answer,
  ClientOptions,
  Context,
  DiscoverOptions,
  ErrorGuard,
  HandlersWith,
  HandlerWith,
  HistoricEvent,
  HistoryOptions,
  ListenOptions,
  PlainTopicClient,
  Serve,
  ServedHandlers,
  ServeOptions,
  Service,
  TopicClient,
  TypedEvent,
} from "./typed/types.js";
