/** The parts of disturbances: actions of one client, and how it waits for their end. */
import type { BareClient } from "./load.js";
import type { RouterSettings } from "./servers.js";

/** Resolves when it is over for this side; the text says how it went where that is not plain. */
export type Act = () => Promise<string | undefined>;

export interface Disturbance {
  /** The situation in which a bystander's pause is measured. */
  readonly name: string;
  readonly settings?: RouterSettings;
  /** Whether `--quick` leaves it out. */
  readonly long: boolean;
  prepare(url: string): Promise<Act>;
}

export const MEGABYTE = 1_000_000;
/** How long a router may read nothing before the flood is given up. */
const STALLED_MS = 2_000;

export function pause(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms));
}

/** Sends one frame, and waits until it is refused or the connection is cut. */
export function outcome(client: BareClient, frame: Buffer): Promise<string> {
  return new Promise((resolve) => {
    client.onPayloads((answer) => resolve(`refused with ${/wamp[.][a-z_.]+/.exec(String(answer))?.[0]}`));
    client.socket.once("close", () => resolve("cut"));
    client.socket.write(frame);
  });
}

/** When so many frames have come. */
export function frames(client: BareClient, count: number): Promise<void> {
  return new Promise((resolve) => {
    let come = 0;
    client.onFrames((more) => {
      come += more;
      if (come >= count) resolve();
    });
  });
}

/** Writes a chunk as often as is said, as fast as the router reads, until it cuts the connection or reads nothing for a while. */
export async function flood({ socket }: BareClient, chunk: Buffer, times: number): Promise<string> {
  const taken = () => `${Math.round((socket.bytesWritten - socket.writableLength) / MEGABYTE)} MB`;
  for (let count = 0; count < times; count++) {
    if (socket.destroyed) return `cut after ${taken()}`;
    if (!socket.write(chunk) && !(await drained(socket))) return `read no further after ${taken()}`;
  }
  return `${taken()} taken`;
}

/** Resolves to whether it may be written on, or is over. */
function drained(socket: BareClient["socket"]): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (goesOn: boolean) => {
      clearTimeout(stalled);
      socket.off("drain", go).off("close", go);
      resolve(goesOn);
    };
    const go = () => settle(true);
    const stalled = setTimeout(() => settle(false), STALLED_MS);
    socket.once("drain", go).once("close", go);
  });
}

/** As many whole frames as make up a megabyte. */
export function repeated(frame: Buffer): Buffer {
  return Buffer.alloc(Math.floor(MEGABYTE / frame.length) * frame.length, frame);
}
