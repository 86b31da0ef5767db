import type { ClusterStatus } from "../../router/realm-link.js";
import { askRouter, type RouterPlace } from "../router/ask.js";
import { failWith } from "../router/configuration.js";

const ALONE = "the router is not in a cluster: set cluster in its configuration";

/** Runs `wampact cluster status`. */
export async function status({ json, ...place }: RouterPlace & { readonly json?: true }): Promise<void> {
  try {
    const told = (await askRouter(place, "/cluster")) as ClusterStatus | null;
    if (told === null) return failInWords(ALONE);
    for (const line of json ? [JSON.stringify(told, undefined, 2)] : statusLines(told)) console.log(line);
  } catch (error) {
    failWith(error, 1);
  }
}

/** Runs `wampact cluster expel`. */
export async function expel(node: string, place: RouterPlace): Promise<void> {
  try {
    const { why } = (await askRouter(place, `/expel?node=${encodeURIComponent(node)}`)) as { readonly why?: string };
    if (why !== undefined) return failInWords(why);
    console.log(`"${node}" is expelled, and its registrations are free. If it still runs, it rejoins.`);
  } catch (error) {
    failWith(error, 1);
  }
}

/** Formats the status of a cluster as a table. */
function statusLines(status: ClusterStatus): readonly string[] {
  const { node, incarnation, state, peers, directoryRevision, resent, unreadable } = status;
  const rows = [
    ["router", "incarnation", "state", "not acknowledged"],
    [`${node} (asked)`, `${incarnation}`, state, ""],
    ...peers.map((peer) => [
      peer.node,
      `${peer.incarnation}`,
      peer.suspect ? "no response" : "up",
      `${peer.unacknowledgedBytes} bytes`,
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return [
    ...rows.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    ),
    "",
    `directory at revision ${directoryRevision}; ${resent} messages were resent`,
    ...(unreadable > 0
      ? [`${unreadable} messages that no router has sent were ignored; the router's log names their subjects`]
      : []),
  ];
}

function failInWords(words: string): void {
  console.error(words);
  process.exitCode = 1;
}
