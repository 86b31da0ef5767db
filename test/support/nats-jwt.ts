/** Operators, accounts and users of NATS, as `nsc` makes them. */
import { nkeys } from "@nats-io/transport-node";

type Keys = ReturnType<typeof nkeys.createUser>;

const UNLIMITED = { subs: -1, data: -1, payload: -1 };
const ACCOUNT_LIMITS = {
  ...UNLIMITED,
  ...{ imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 },
  ...{ mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 },
};

/** An operator with an account for routers. */
export interface NatsOperator {
  /** The lines of a server's configuration that make it trust the operator. */
  readonly config: string;
  /** The text of a file of credentials for a new user of the account. */
  credentials(name: string): string;
}

export function createNatsOperator(): NatsOperator {
  const [operator, system, account] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createAccount()];
  const accountJwt = (keys: Keys, name: string, limits: object) =>
    signed(operator, { name, sub: keys.getPublicKey(), nats: { type: "account", version: 2, limits } });
  const operatorJwt = signed(operator, {
    name: "operator",
    sub: operator.getPublicKey(),
    nats: { type: "operator", version: 2, system_account: system.getPublicKey() },
  });
  return {
    config: [
      `operator: ${operatorJwt}`,
      `system_account: ${system.getPublicKey()}`,
      "resolver: MEMORY",
      "resolver_preload: {",
      `  ${system.getPublicKey()}: ${accountJwt(system, "system", { ...ACCOUNT_LIMITS, mem_storage: 0, disk_storage: 0 })}`,
      `  ${account.getPublicKey()}: ${accountJwt(account, "routers", ACCOUNT_LIMITS)}`,
      "}",
      "",
    ].join("\n"),
    credentials(name) {
      const user = nkeys.createUser();
      const nats = { type: "user", version: 2, pub: {}, sub: {}, ...UNLIMITED };
      const jwt = signed(account, { name, sub: user.getPublicKey(), nats });
      const seed = Buffer.from(user.getSeed()).toString();
      return [
        ...["-----BEGIN NATS USER JWT-----", jwt, "------END NATS USER JWT------", ""],
        ...["-----BEGIN USER NKEY SEED-----", seed, "------END USER NKEY SEED------", ""],
      ].join("\n");
    },
  };
}

function signed(issuer: Keys, claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const iat = Math.floor(Date.now() / 1_000);
  const header = part({ typ: "JWT", alg: "ed25519-nkey" });
  const body = part({ jti: nkeys.createUser().getPublicKey(), iat, iss: issuer.getPublicKey(), ...claims });
  const signature = Buffer.from(issuer.sign(Buffer.from(`${header}.${body}`))).toString("base64url");
  return `${header}.${body}.${signature}`;
}
