import { createRequire } from "node:module";
import { type AuthSettings, type ClusterSettings, CONFIG_FILES, type RealmSettings } from "../../config/settings.js";
import { accessLines } from "./access-text.js";
import type { Source } from "./configuration.js";

/** The maximum number of realms on a screen. */
const MOST_REALMS = 5;

/** Returns the text that a router prints when it listens: its URLs, its permissions, and what to do next. */
export function firstScreen(
  { prepared, isDevelopment, hasFile }: Source,
  {
    urls,
    admin,
    peers,
  }: { readonly urls: readonly string[]; readonly admin: string | undefined; readonly peers: readonly string[] },
): string {
  const { settings, config, node } = prepared;
  const { realms = [], drainMs = 0, workers = 1 } = settings;
  const shown = realms.slice(0, MOST_REALMS).flatMap((realm) => [...accessLines(realm), ""]);
  if (realms.length > MOST_REALMS)
    shown.push(`and ${realms.length - MOST_REALMS} more realms: wampact router explain`, "");
  const title = `wampact ${versionOf()}: a router ${isDevelopment ? "for development" : `with ${config.name}`}`;
  return [
    hasFile && isDevelopment ? `${title} (${config.name} has no realms)` : title,
    "",
    ...urls.map((url) => `  ${url}`),
    ...(admin === undefined ? [] : [`  ${admin} for operators: /healthz, /readyz, /metrics`]),
    ...(workers === 1 ? [] : [`  ${workers} workers, each a process with a thread of its own`]),
    ...(settings.cluster ? [`  ${clusterLine(settings.cluster, node ?? "", peers)}`] : []),
    "",
    ...shown,
    `client  ${clientLine(realms[0], urls[0] ?? "")}`,
    `stop    Ctrl+C, or kill ${process.pid}: pending calls have ${drainMs / 1_000} s to finish; a second signal exits at once`,
    hasFile
      ? `reload  wampact router reload${CONFIG_FILES.includes(config.name) ? "" : ` --config ${config.name}`}`
      : 'next    wampact.config.json: { "realms": [{ "name": "com.app" }] } with authentication, roles and TLS (docs/configuration.md)',
    "",
  ].join("\n");
}

/** Returns text such as `the router "r1" of the cluster "wampact" on nats://127.0.0.1:4222, with r2, r3`. */
function clusterLine({ name, servers = "" }: ClusterSettings, node: string, peers: readonly string[]): string {
  const place = typeof servers === "object" && "env" in servers ? `$${servers.env}` : [servers].flat().join(", ");
  const others = peers.length === 0 ? "the first router" : `with ${peers.join(", ")}`;
  return `the router "${node}" of the cluster "${name}" on NATS at ${place}, ${others}`;
}

/** Returns the code of a client that connects. */
function clientLine(realm: RealmSettings | undefined, url: string): string {
  const reachable = url.replace(/\/\/(?:0\.0\.0\.0|\[::\]):/, "//localhost:");
  const [method] = realm?.auth ?? [];
  const login = method && loginOf(method);
  const auth = login ? `, auth: [${login.text}]` : "";
  const imports = `import { connect } from "wampact";${login ? ` import { ${login.name} } from "wampact/auth/${login.name}";` : ""}`;
  return `${imports} const peer = await connect({ url: "${reachable}", realm: "${realm?.name}"${auth} });`;
}

function loginOf(settings: AuthSettings): { readonly name: string; readonly text: string } | undefined {
  if (settings.method === "anonymous") return undefined;
  const authid = JSON.stringify(Object.keys(settings.principals ?? {})[0] ?? "…");
  switch (settings.method) {
    case "ticket":
      return { name: "ticket", text: `ticket({ authid: ${authid}, ticket: "…" })` };
    case "wamp-scram":
      return { name: "scram", text: `scram({ authid: ${authid}, password: "…" })` };
    case "wampcra":
      return { name: "wampcra", text: `wampcra({ authid: ${authid}, secret: "…" })` };
    case "cryptosign":
      return { name: "cryptosign", text: `cryptosign({ authid: ${authid}, key: "…" })` };
  }
}

function versionOf(): string {
  return (createRequire(import.meta.url)("wampact/package.json") as { version: string }).version;
}
