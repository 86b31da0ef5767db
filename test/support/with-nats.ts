/** Tests that need a NATS server. */
import { test } from "vitest";
import { NATS_SERVER, NO_NATS } from "./nats.js";

if (!NATS_SERVER) console.warn(`skipped: ${NO_NATS}`);

/** A test with a NATS server of its own: skipped in words where there is none, unless one was named, which then has to be of use. */
export const withNats = process.env.NATS_SERVER_BIN ? test : test.skipIf(!NATS_SERVER);
