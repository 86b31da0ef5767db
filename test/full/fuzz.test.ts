import { test } from "vitest";
import { fuzzRouter } from "../support/fuzz.js";

const MESSAGES = 150_000;
const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));

test(`${MESSAGES} spoilt messages neither break the router nor disturb a bystander`, async (t) => {
  console.log(`seed ${seed}; FUZZ_SEED=${seed} repeats it`);
  await fuzzRouter(t, { seed, messages: MESSAGES });
});
