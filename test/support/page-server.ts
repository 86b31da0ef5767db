/** A page for browsers: what test/full/browser/page.ts makes of it, behind a port, under a policy without `unsafe-eval`. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { onPath } from "./on-path.js";
import type { Finish } from "./peers.js";

/** The browser, where there is one. */
export const CHROMIUM: string | undefined =
  process.env.CHROMIUM ?? onPath("chromium", "chromium-browser", "google-chrome");

/** The script of the page. */
export async function buildPage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("../full/browser/page.ts", import.meta.url))],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

/** Serves the page until its test ends. Returns its URL. */
export async function servePage(t: Finish, script: string): Promise<string> {
  const server = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.setHeader("content-security-policy", "default-src 'self'; connect-src ws: http:");
    response.end(
      isScript ? script : '<!doctype html><link rel="icon" href="data:"><script type="module" src="page.js"></script>',
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
