/** Writes the routers' seeds to secrets/, and prints the variables by which NATS knows them: `node keys.mjs > .env`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { createUser } from "@nats-io/nkeys";

mkdirSync("secrets", { recursive: true, mode: 0o700 });
for (const router of ["r1", "r2", "r3"]) {
  const keys = createUser();
  writeFileSync(`secrets/${router}.seed`, keys.getSeed(), { mode: 0o600 });
  console.log(`NKEY_${router.toUpperCase()}=${keys.getPublicKey()}`);
}
