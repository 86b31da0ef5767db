import cluster from "node:cluster";
import { chmodSync, existsSync } from "node:fs";
import type { Server } from "node:net";
import { dirname } from "node:path";
import { clearStaleSocket, isPipe } from "./unix-path.js";

/** The address of a server: host and port, or a Unix socket and its permissions. */
export type Place =
  | { readonly host: string; readonly port: number }
  | { readonly path: string; readonly mode?: number | undefined };

/** Starts to listen. Rejects with a readable message if that fails. Later errors, such as too many open files, are reported. */
export async function listenOn(server: Server, place: Place, report: (error: unknown) => void): Promise<void> {
  const isPath = "path" in place;
  const where = isPath ? place.path : `${place.host}:${place.port}`;
  const refusal = isPath && cluster.isPrimary ? await clearStaleSocket(place.path) : undefined; // workers share it
  if (refusal) throw new Error(`cannot listen on ${where}: ${refusal}`);
  await new Promise<void>((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(cannotListen(where, isPath ? "path" : "port", error));
    server.once("error", fail);
    server.listen("path" in place ? { path: place.path } : place, () => {
      server.off("error", fail);
      server.on("error", report);
      try {
        if ("path" in place && place.mode !== undefined && !isPipe(place.path)) chmodSync(place.path, place.mode);
        resolve();
      } catch (error) {
        server.close();
        fail(error as NodeJS.ErrnoException);
      }
    });
  });
}

function cannotListen(where: string, what: "path" | "port", error: NodeJS.ErrnoException): Error {
  const why =
    error.code === "EADDRINUSE"
      ? `the ${what} is in use; stop the process that uses it or choose another ${what}`
      : what === "path" && lacksDirectory(where)
        ? `the directory ${dirname(where)} does not exist; create it`
        : error.message;
  return new Error(`cannot listen on ${where}: ${why}`, { cause: error });
}

/** Returns whether the directory of a Unix socket is missing, which Node reports as a missing permission. */
export function lacksDirectory(path: string): boolean {
  return !isPipe(path) && !existsSync(dirname(path));
}
