import { type Dict, EMPTY_DICT } from "./fields.js";
import type { Id } from "./ids.js";

/**
 * The keys of options and details, as on the wire. A known key with a value of the wrong type is a protocol violation. An
 * unknown key is ignored. The public API uses the same names in camelCase, and `peer/request-options.ts` converts them.
 */

/** Payload passthru keys: how to read the single binary argument. Spec: Advanced Profile, "Payload Passthru Mode". */
export interface PassthruKeys {
  readonly ppt_scheme?: string;
  readonly ppt_serializer?: string;
  readonly ppt_cipher?: string;
  readonly ppt_keyid?: string;
}

/** Wampact extension: the trace context of a request. `wire/trace-context.ts` checks the values. Spec: W3C Trace Context. */
export interface TraceKeys {
  readonly _traceparent?: unknown;
  readonly _tracestate?: unknown;
}

export interface ErrorDetails extends PassthruKeys {
  /** Wampact extension: the router is shutting down, and another router may answer the same request. */
  readonly _going_down?: boolean;
}

/**
 * The encoding of a payload that the router forwards unread, as one binary argument.
 * Spec: Advanced Profile, "Payload Passthru Mode".
 */
export interface Passthru {
  /** `wamp` for end-to-end encryption, `mqtt`, or a custom name that starts with `x_`. */
  readonly scheme: string;
  /** The serializer of the values: `native`, `json`, `msgpack`, `cbor`, `flatbuffers`, or a name that the scheme defines. */
  readonly serializer?: string;
  /** The cipher: `xsalsa20poly1305`, `aes256gcm`, or a name that the scheme defines. */
  readonly cipher?: string;
  /** The ID by which the receiver finds the key. */
  readonly keyId?: string;
}

/** The announced features of a role. */
export interface Role {
  readonly features?: Dict;
  /** Whether the role answers `wamp.reflection.*`. The specification puts this key beside `features`. */
  readonly reflection?: boolean;
}
export type Roles = Readonly<Record<string, Role>>;

export interface HelloDetails {
  readonly roles?: Roles;
  readonly agent?: string;
  readonly authmethods?: readonly string[];
  readonly authid?: string;
  readonly authrole?: string;
  readonly authextra?: Dict;
}

export interface WelcomeDetails {
  readonly roles?: Roles;
  readonly agent?: string;
  readonly realm?: string;
  readonly authid?: string;
  readonly authrole?: string;
  readonly authmethod?: string;
  readonly authprovider?: string;
  readonly authextra?: Dict;
}

/** Details of ABORT and GOODBYE. */
export interface CloseDetails {
  readonly message?: string;
}

export interface PublishOptions extends PassthruKeys, TraceKeys {
  readonly acknowledge?: boolean;
  readonly exclude_me?: boolean;
  readonly disclose_me?: boolean;
  readonly retain?: boolean;
  readonly exclude?: readonly Id[];
  readonly exclude_authid?: readonly string[];
  readonly exclude_authrole?: readonly string[];
  readonly eligible?: readonly Id[];
  readonly eligible_authid?: readonly string[];
  readonly eligible_authrole?: readonly string[];
  readonly rkey?: string;
}

export interface SubscribeOptions {
  readonly match?: string;
  readonly get_retained?: boolean;
  readonly nkey?: string;
}

export interface EventDetails extends PassthruKeys {
  readonly topic?: string;
  readonly publisher?: Id;
  readonly publisher_authid?: string;
  readonly publisher_authrole?: string;
  readonly trustlevel?: number;
  readonly retained?: boolean;
  /** The broker requests EVENT_RECEIVED. Provisional. */
  readonly x_acknowledged_delivery?: boolean;
}

export interface CallOptions extends PassthruKeys, TraceKeys {
  readonly timeout?: number;
  readonly receive_progress?: boolean;
  readonly progress?: boolean;
  readonly disclose_me?: boolean;
  readonly runmode?: string;
  readonly rkey?: string;
  /** Wampact extension: the call can safely be repeated. */
  readonly _idempotent?: boolean;
}

export type CancelMode = "skip" | "kill" | "killnowait";
export interface CancelOptions {
  readonly mode?: CancelMode;
}

export interface InterruptOptions {
  readonly mode?: CancelMode;
  readonly reason?: string;
}

export interface RegisterOptions {
  readonly match?: string;
  readonly invoke?: string;
  readonly disclose_caller?: boolean;
  readonly forward_timeout?: boolean;
}

export interface InvocationDetails extends PassthruKeys {
  readonly procedure?: string;
  readonly caller?: Id;
  readonly caller_authid?: string;
  readonly caller_authrole?: string;
  readonly trustlevel?: number;
  readonly timeout?: number;
  readonly receive_progress?: boolean;
  readonly progress?: boolean;
}

/** Options of YIELD and details of RESULT. */
export interface ResultDetails extends PassthruKeys {
  readonly progress?: boolean;
}

/** Details of a revocation: UNSUBSCRIBED or UNREGISTERED for request 0. */
export interface RevocationDetails {
  readonly subscription?: Id;
  readonly registration?: Id;
  readonly reason?: string;
}

/** Options or details under construction. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Returns the payload passthru keys of a message's options, for the message that is forwarded. */
export function passthruOf({ ppt_scheme, ppt_serializer, ppt_cipher, ppt_keyid }: PassthruKeys): PassthruKeys {
  if (ppt_scheme === undefined) return EMPTY_DICT;
  return {
    ppt_scheme,
    ...(ppt_serializer !== undefined && { ppt_serializer }),
    ...(ppt_cipher !== undefined && { ppt_cipher }),
    ...(ppt_keyid !== undefined && { ppt_keyid }),
  };
}

/** Returns the wire keys for the encoding of a payload. */
export function passthruKeys({ scheme, serializer, cipher, keyId }: Passthru): PassthruKeys {
  return compact<PassthruKeys>({
    ppt_scheme: scheme,
    ppt_serializer: serializer,
    ppt_cipher: cipher,
    ppt_keyid: keyId,
  });
}

/** Returns the encoding of a payload, from the options or details of its message; `undefined` for a plain payload. */
export function passthruFrom(keys: PassthruKeys): Passthru | undefined {
  if (keys.ppt_scheme === undefined) return undefined;
  return {
    scheme: keys.ppt_scheme,
    ...compact<Omit<Passthru, "scheme">>({
      serializer: keys.ppt_serializer,
      cipher: keys.ppt_cipher,
      keyId: keys.ppt_keyid,
    }),
  };
}

/** Returns the members that are not `undefined`. */
export function compact<T extends object>(options: { readonly [K in keyof T]: T[K] | undefined }): T {
  const defined: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(options)) if (value !== undefined) defined[key] = value;
  return defined as T; // only undefined members were left out, and all members of T are optional
}
