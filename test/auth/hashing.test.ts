import { expect, test } from "vitest";
import { hashCraSecret, hashScramPassword, hashTicket } from "wampact/router";

/** Values that cannot be hashed: `[the call, its message]`. No message contains the secret. */
const WRONG: readonly (readonly [hash: () => Promise<string>, words: string])[] = [
  [
    () => hashTicket("Kirschenmus", { logN: 4, r: 1, p: 1, pepper: "x" } as never),
    "hashTicket.pepper: unknown option; expected one of logN, r, p",
  ],
  [
    () => hashTicket("Kirschenmus", { logn: 4, r: 1, p: 1 } as never),
    'hashTicket.logn: unknown option; did you mean "logN"?',
  ],
  [() => hashTicket("Kirschenmus", 15 as never), "hashTicket: expected an object, got an integer"],
  [() => hashTicket("Kirschenmus", { logN: 0, r: 1, p: 1 }), "hashTicket.logN: expected a positive integer, got 0"],
  [
    () => hashTicket("Kirschenmus", { logN: 4 } as never),
    "hashTicket: expected a cost of logN, r and p with at most 1 GiB of memory, such as { logN: 15, r: 8, p: 1 }",
  ],
  [
    () => hashTicket("Kirschenmus", { logN: 60, r: 8, p: 1 }),
    "hashTicket: expected a cost of logN, r and p with at most 1 GiB of memory, such as { logN: 15, r: 8, p: 1 }",
  ],
  [() => hashTicket("", { logN: 4, r: 1, p: 1 }), "hashTicket: expected a ticket, got an empty string"],
  [() => hashTicket(4711 as never), "hashTicket: expected a ticket, got an integer"],
  [
    () => hashScramPassword("Kirschenmus", { kdf: "pbkdf2", iteration: 1 } as never),
    'hashScramPassword.iteration: unknown option; did you mean "iterations"?',
  ],
  [
    () => hashScramPassword("Kirschenmus", { kdf: "bcrypt" } as never),
    'hashScramPassword.kdf: expected "argon2id13" or "pbkdf2", got "bcrypt"',
  ],
  [
    () => hashScramPassword("Kirschenmus", { kdf: "pbkdf2", iterations: 1, memory: 64 }),
    "hashScramPassword.memory: does not apply to pbkdf2; remove it",
  ],
  [() => hashScramPassword("", { kdf: "pbkdf2" }), "hashScramPassword: expected a password, got an empty string"],
  [
    () => hashCraSecret("Kirschenmus", { rounds: 1 } as never),
    "hashCraSecret.rounds: unknown option; expected one of iterations",
  ],
  [
    () => hashCraSecret("Kirschenmus", { iterations: 0.5 }),
    "hashCraSecret.iterations: expected a positive integer, got 0.5",
  ],
  [() => hashCraSecret(undefined as never), "hashCraSecret: expected a secret, got nothing"],
];

test("what hashes secrets refuses unknown and wrong options by its name, and quotes no secret", async () => {
  for (const [hash, words] of WRONG) await expect(hash(), words).rejects.toEqual(new TypeError(words));
});
