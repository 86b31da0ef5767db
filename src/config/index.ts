/** Entry `wampact/config`: types for `wampact.config.ts` and `.mjs`. */
export { defineConfig, env, file } from "./define.js";
export type {
  AnonymousSettings,
  AuthSettings,
  CodegenSettings,
  CraPrincipalSettings,
  CraSettings,
  CryptosignSettings,
  ListenerSettings,
  ProcedureSource,
  RealmSettings,
  Reference,
  RouterSettings,
  ScramSettings,
  StoreSettings,
  TicketSettings,
  TlsSettings,
  WampactConfig,
  WebSocketSettings,
} from "./settings.js";
