import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import { isBase64, toBase64 } from "../../wire/bytes.js";
import { checkSettings, counting, type SettingRule, type SettingRules } from "../../wire/settings.js";
import { checkHashed } from "./hashed.js";

/**
 * The cost of a hash: 2^logN blocks of 128 r bytes, p times. It may take at most 1 GiB of memory, which is 128 r (2^logN + p) bytes.
 * Spec: RFC 7914.
 */
export interface ScryptCost {
  /** The binary logarithm of the number of blocks. */
  readonly logN: number;
  /** The size of a block, in units of 128 bytes. */
  readonly r: number;
  /** The number of times that the blocks are computed. */
  readonly p: number;
}

/** The stored form of a ticket. */
export interface TicketHash extends ScryptCost {
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

/** 32 MiB of memory, and about a tenth of a second. */
export const DEFAULT_COST: ScryptCost = { logN: 15, r: 8, p: 1 };

const COST: SettingRules<ScryptCost> = { logN: counting, r: counting, p: counting };

const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** The maximum memory of a hash, in bytes. */
const MOST_MEMORY = 1024 * 1024 * 1024;

/**
 * Hashes a ticket for a configuration or a database: `$scrypt$ln=15,r=8,p=1$<salt>$<hash>`, the output of `wampact secret ticket`.
 * The result cannot be used to log in. Throws `TypeError` for an empty ticket, and for an invalid cost or one of more than 1 GiB of
 * memory.
 */
export async function hashTicket(ticket: string, cost: ScryptCost = DEFAULT_COST): Promise<string> {
  checkSettings(cost, COST, "hashTicket");
  checkHashed(ticket, "hashTicket", "ticket");
  const salt = randomBytes(SALT_BYTES);
  if (!readTicketHash(ticketForm(cost, salt, Buffer.alloc(HASH_BYTES)))) {
    throw new TypeError(
      "hashTicket: expected a cost of logN, r and p with at most 1 GiB of memory, such as { logN: 15, r: 8, p: 1 }",
    );
  }
  const hash = await derive(ticket, { ...cost, salt });
  return ticketForm(cost, salt, hash);
}

/** Returns the stored form of a hash. */
export function ticketForm({ logN, r, p }: ScryptCost, salt: Uint8Array, hash: Uint8Array): string {
  return `$scrypt$ln=${logN},r=${r},p=${p}$${unpadded(salt)}$${unpadded(hash)}`;
}

const FORM = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{43})$/;

/** Parses a stored form; `undefined` for any other text. */
export function readTicketHash(text: string): TicketHash | undefined {
  const [, logN, r, p, salt = "", hash = ""] = FORM.exec(text) ?? [];
  if (logN === undefined || !isBase64(padded(salt)) || !isBase64(padded(hash))) return undefined;
  const cost = { logN: Number(logN), r: Number(r), p: Number(p) };
  if (cost.logN < 1 || cost.r < 1 || cost.p < 1 || memoryOf(cost) > MOST_MEMORY) return undefined;
  return { ...cost, salt: Buffer.from(salt, "base64"), hash: Buffer.from(hash, "base64") };
}

export const ticketHash: SettingRule = {
  expected: 'what "wampact secret ticket" prints, such as "$scrypt$ln=15,r=8,p=1$…"',
  accepts: (value) => typeof value === "string" && readTicketHash(value) !== undefined,
};

/** Returns whether a ticket matches its hash, in constant time. */
export async function matchesTicket(ticket: string, stored: TicketHash): Promise<boolean> {
  return timingSafeEqual(await derive(ticket, stored), stored.hash);
}

/** Returns a hash that matches no ticket and takes the same time to check. */
export function decoyHash(cost: ScryptCost): TicketHash {
  return { ...cost, salt: randomBytes(SALT_BYTES), hash: randomBytes(HASH_BYTES) };
}

function derive(ticket: string, { salt, logN, r, p }: ScryptCost & { readonly salt: Uint8Array }): Promise<Buffer> {
  const cost: ScryptOptions = { N: 2 ** logN, r, p, maxmem: memoryOf({ logN, r, p }) + 1024 * 1024 };
  return new Promise((resolve, reject) => {
    scrypt(ticket, salt, HASH_BYTES, cost, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

function memoryOf({ logN, r, p }: ScryptCost): number {
  return 128 * r * (2 ** logN + p);
}

function unpadded(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll("=", "");
}

function padded(text: string): string {
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}
