import { chmodSync } from "node:fs";
import type { Server } from "node:net";
import { clearStaleSocket, isPipe } from "./unix-path.js";

/** Where a server listens: an address and a port, or a Unix socket and its permissions. */
export type Place =
  | { readonly host: string; readonly port: number }
  | { readonly path: string; readonly mode?: number | undefined };

/** Starts to listen. Rejects, in words, where that cannot be; later faults, such as too many open files, are reported. */
export async function listenOn(server: Server, place: Place, report: (error: unknown) => void): Promise<void> {
  const where = "path" in place ? place.path : `${place.host}:${place.port}`;
  const refusal = "path" in place ? await clearStaleSocket(place.path) : undefined;
  if (refusal) throw new Error(`cannot listen on ${where}: ${refusal}`);
  await new Promise<void>((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(cannotListen(where, error));
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

function cannotListen(where: string, error: NodeJS.ErrnoException): Error {
  const why =
    error.code === "EADDRINUSE" ? "the port is taken; stop what listens there or choose another port" : error.message;
  return new Error(`cannot listen on ${where}: ${why}`, { cause: error });
}
