import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { Command, InvalidArgumentError, Option } from "commander";
import { fromHex } from "../auth/bytes.js";
import { KEY_BYTES, signerOf } from "../auth/cryptosign.js";
import { MissingPackage } from "../auth/optional.js";
import { hashScramPassword, type ScramHashOptions } from "../router/auth/scram-hash.js";
import { hashTicket } from "../router/auth/scrypt.js";
import { hashCraSecret } from "../router/auth/wampcra.js";
import { fail } from "./report.js";
import { onlySubcommands } from "./unknown-command.js";

/** A subcommand. It prints the stored form of a secret and, if the secret is generated, the secret itself before it. */
interface Secret<Flags> {
  readonly description: string;
  /** The name of the secret, for the prompt and the output. */
  readonly name: string;
  readonly random: () => string;
  readonly store: (secret: string, flags: Flags) => Promise<string>;
}

const token = () => randomBytes(32).toString("base64url");

/** Creates `wampact secret`: prints the stored form of a secret. */
export function secretCommand(): Command {
  const command = new Command("secret").description(
    "print the stored form of a ticket, password, secret or key for a router",
  );
  command.addCommand(
    secretOf("ticket", {
      description: 'for "ticket": its scrypt hash',
      name: "ticket",
      random: token,
      store: (ticket) => hashTicket(ticket),
    }),
  );
  command.addCommand(
    secretOf<ScramHashOptions>("scram", {
      description: 'for "wamp-scram": stored keys, which cannot be used to log in',
      name: "password",
      random: token,
      store: hashScramPassword,
    })
      .addOption(
        new Option("--kdf <name>", "key derivation function (default: argon2id13)").choices(["argon2id13", "pbkdf2"]),
      )
      .addOption(integer("--iterations <number>", "iterations (default: 3, or 600,000 for pbkdf2)"))
      .addOption(integer("--memory <KiB>", "memory in KiB, for argon2id13 only (default: 65,536)")),
  );
  command.addCommand(
    secretOf<{ readonly iterations?: number }>("wampcra", {
      description: 'for "wampcra": a salted key, which is as sensitive as the secret',
      name: "secret",
      random: token,
      store: hashCraSecret,
    }).addOption(integer("--iterations <number>", "iterations of the key derivation (default: 100,000)")),
  );
  command.addCommand(
    secretOf("cryptosign", {
      description: 'for "cryptosign": the public key of a private key',
      name: "key",
      random: () => randomBytes(KEY_BYTES).toString("hex"),
      store: publicKey,
    }),
  );
  return onlySubcommands(command);
}

function secretOf<Flags extends object>(name: string, secret: Secret<Flags>): Command {
  return new Command(name)
    .description(`${secret.description}; the ${secret.name} is read from standard input`)
    .option("--random", `generate a random ${secret.name} and print it on the line before`)
    .action(async ({ random, ...flags }: { readonly random?: true } & Flags) => {
      try {
        const given = random ? secret.random() : await readSecret(secret.name);
        const stored = await secret.store(given, flags as unknown as Flags);
        if (random) console.log(given);
        console.log(stored);
      } catch (error) {
        if (!(error instanceof MissingPackage || error instanceof TypeError)) return fail(error);
        console.error(error.message);
        process.exitCode = 1;
      }
    });
}

/** Reads the secret from a pipe, without its last line break, or from a terminal without echo. */
async function readSecret(name: string): Promise<string> {
  const given = process.stdin.isTTY ? await ask(name) : (await text(process.stdin)).replace(/\r?\n$/, "");
  if (given === "") throw new TypeError(`${name}: expected a value on standard input, got nothing`);
  return given;
}

async function ask(name: string): Promise<string> {
  process.stderr.write(`${name} (hidden): `);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  lines.once("SIGINT", () => process.exit(130));
  const line = await lines.question("");
  lines.close();
  process.stderr.write("\n");
  return line;
}

async function publicKey(key: string): Promise<string> {
  const seed = fromHex(key, KEY_BYTES);
  if (!seed) throw new TypeError(`key: expected ${2 * KEY_BYTES} hexadecimal digits`);
  return (await signerOf(seed)).pubkey;
}

function integer(flags: string, description: string): Option {
  return new Option(flags, description).argParser((given) => {
    const number = Number(given);
    if (Number.isSafeInteger(number) && number > 0) return number;
    throw new InvalidArgumentError("It must be a positive integer.");
  });
}
