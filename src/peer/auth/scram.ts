/** Entry point `wampact/auth/scram`: the client's half of the method `wamp-scram`. */
import { randomBytes, sameBytes, xor } from "../../auth/bytes.js";
import { hmac } from "../../auth/crypto.js";
import { saslPrep } from "../../auth/saslprep.js";
import { authMessage, type ScramCost, saltedPassword, scramKeys } from "../../auth/scram.js";
import type { ChannelBinding } from "../../transport/transport.js";
import { fromBase64, toBase64 } from "../../wire/bytes.js";
import type { Dict } from "../../wire/fields.js";
import { checkSettings, oneOf, positive, type SettingRules } from "../../wire/settings.js";
import { withDefaults } from "../../wire/with-defaults.js";
import { beginLogin } from "../login.js";
import { requireChannel } from "./channel.js";
import type { ClientAuth } from "./client-auth.js";
import { checkNamed } from "./named-login.js";
import { refused } from "./refusal.js";
import { textOf, textOrFunction, type Value } from "./value.js";

export type { ClientAuth, ClientLogin, LoginAnswer } from "./client-auth.js";
export type { Value } from "./value.js";

export interface ScramOptions {
  /** The identity of the peer. */
  readonly authid: Value<string>;
  /** The password. A function is called when the router has sent its CHALLENGE. */
  readonly password: Value<string>;
  /** Binds the login to the TLS connection. Node with `wss:` only, because browsers do not expose it. Default: no binding. */
  readonly channelBinding?: ChannelBinding;
  /**
   * The minimum cost of deriving a key from the password. The peer refuses a router that asks for less, because that router may want to guess
   * the password from the answer. Default: 4,096 iterations of `pbkdf2`; for `argon2id13` 7 MiB with five iterations, or more
   * memory with fewer iterations.
   */
  readonly leastCost?: LeastCost;
}

export interface LeastCost {
  /** Iterations of `pbkdf2`. Default: 4,096. */
  readonly pbkdf2?: number;
  /** Memory of `argon2id13`, in KiB. Default: 7,168, which is 7 MiB. */
  readonly memory?: number;
  /** Memory of `argon2id13`, in KiB, times iterations. Default: 35,840. */
  readonly memoryTimesIterations?: number;
}

const RULES: SettingRules<ScramOptions> = {
  authid: textOrFunction,
  password: textOrFunction,
  channelBinding: oneOf("tls-exporter", "tls-unique"),
  leastCost: { expected: "an object", accepts: (value) => typeof value === "object" && value !== null },
};
const COST_RULES: SettingRules<LeastCost> = { pbkdf2: positive, memory: positive, memoryTimesIterations: positive };

const LEAST: Required<LeastCost> = { pbkdf2: 4_096, memory: 7_168, memoryTimesIterations: 5 * 7_168 };
/** The maximum that a client should compute: some seconds, and 1 GiB. */
const MOST: Required<LeastCost> = { pbkdf2: 10_000_000, memory: 2 ** 20, memoryTimesIterations: 2 ** 23 };
const NONCE_BYTES = 16;

/**
 * Logs in with a password that is not sent and that the router does not store. Refuses a router that does not know it (WAMP-SCRAM). Needs the
 * package `hash-wasm` for `argon2id13`, and `@mongodb-js/saslprep` for non-ASCII passwords. Spec: Advanced Profile, "Salted Challenge
 * Response Authentication".
 *
 * ```ts
 * const peer = await connect({ url, realm: "com.app", auth: [scram({ authid: "ada", password: () => askPassword() })] });
 * ```
 */
export function scram(options: ScramOptions): ClientAuth {
  checkNamed("scram", { options, rules: RULES, secret: "password" });
  checkSettings(options.leastCost ?? {}, COST_RULES, "leastCost");
  const { channelBinding } = options;
  return {
    method: "wamp-scram",
    half: "peer",
    login: beginLogin,
    async begin(info) {
      const authid = await saslPrep(await textOf(options.authid, "scram.authid"), "authid");
      const binding = channelBinding && { kind: channelBinding, data: requireChannel(info, channelBinding) };
      const clientNonce = toBase64(randomBytes(NONCE_BYTES));
      let verifier: Uint8Array | undefined; // the expected proof of the router
      return {
        authid,
        authextra: { nonce: clientNonce, channel_binding: channelBinding ?? null },
        async answer(extra) {
          const { nonce, salt, saltBytes, cost } = challengeIn(
            extra,
            clientNonce,
            withDefaults(LEAST, options.leastCost),
          );
          const password = await saslPrep(await textOf(options.password, "scram.password"), "password");
          const keys = await scramKeys(await saltedPassword(password, saltBytes, cost));
          const { iterations } = cost;
          const message = authMessage({ authid, clientNonce, nonce, salt, iterations, binding });
          verifier = await hmac(keys.serverKey, message);
          const proof = xor(keys.clientKey, await hmac(keys.storedKey, message));
          const cbind_data = binding ? toBase64(binding.data) : null;
          return { signature: toBase64(proof), extra: { nonce, channel_binding: channelBinding ?? null, cbind_data } };
        },
        welcome({ authextra }) {
          const given = authextra?.verifier;
          const text = typeof given === "string" ? given.replace(/^v=/, "") : ""; // as in the specification's example
          const bytes = fromBase64(text);
          if (!verifier || !bytes || !sameBytes(bytes, verifier))
            throw refused("it did not prove that it knows the password");
        },
      };
    },
  };
}

/** Reads CHALLENGE. Throws for a nonce that does not continue ours, and for a cost that is too low or too high. */
function challengeIn(extra: Dict, clientNonce: string, least: Required<LeastCost>) {
  const { nonce, salt } = extra;
  if (typeof nonce !== "string" || !nonce.startsWith(clientNonce) || nonce.length <= clientNonce.length)
    throw refused("its nonce does not continue ours");
  const bytes = typeof salt === "string" ? fromBase64(salt) : undefined;
  if (typeof salt !== "string" || !bytes?.length) throw refused("its salt is not Base64");
  return { nonce, salt, saltBytes: Uint8Array.from(bytes), cost: costIn(extra, least) };
}

function costIn({ kdf, iterations, memory }: Dict, least: Required<LeastCost>): ScramCost {
  if (kdf !== "argon2id13" && kdf !== "pbkdf2") throw refused("its kdf is neither argon2id13 nor pbkdf2");
  const within = (name: keyof LeastCost, value: unknown): value is number =>
    Number.isInteger(value) && (value as number) >= least[name] && (value as number) <= MOST[name];
  if (kdf === "pbkdf2") {
    if (within("pbkdf2", iterations)) return { kdf, iterations, memory: undefined };
    throw refused(`expected ${least.pbkdf2} to ${MOST.pbkdf2} iterations of pbkdf2`);
  }
  const passes = Number(iterations);
  const isWhole = Number.isInteger(iterations) && passes > 0;
  if (isWhole && within("memory", memory) && within("memoryTimesIterations", memory * passes))
    return { kdf, iterations: passes, memory };
  throw refused(
    `expected argon2id13 with ${least.memory} to ${MOST.memory} KiB, ` +
      `and ${least.memoryTimesIterations} to ${MOST.memoryTimesIterations} KiB times iterations`,
  );
}
