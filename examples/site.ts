/** Pages of examples: built by Vite, and served as files. */
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { build } from "vite";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
};

/** Builds the page in the folder `web` of an example into its folder `dist`. */
export async function buildSite(example: URL): Promise<void> {
  await build({
    configFile: false,
    root: fileURLToPath(new URL("web", example)),
    logLevel: "warn",
    plugins: [react()],
    build: { outDir: fileURLToPath(new URL("dist", example)), emptyOutDir: true },
    worker: { format: "es" },
  });
}

/** A server of what was built, which does not listen yet: a router shares its port. */
export function createSite(example: URL): Server {
  const built = fileURLToPath(new URL("dist", example));
  return createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const path = pathname === "/" ? "/index.html" : pathname; // the URL has no ".." left
    try {
      const content = await readFile(join(built, decodeURIComponent(path).replaceAll("..", "")));
      response.setHeader("content-type", TYPES[extname(path)] ?? "application/octet-stream");
      response.setHeader(
        "content-security-policy",
        "default-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:",
      );
      response.end(content);
    } catch {
      response.writeHead(404).end("not found"); // a file that is not there, or a path that cannot be
    }
  });
}
