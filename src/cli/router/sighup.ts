/**
 * Returns whether SIGHUP reloads the configuration. Without a configuration it ends the router. On Windows it always does: there
 * the console has been closed, and the system ends the process after some seconds.
 */
export function isReloadedBySighup(hasFile: boolean): boolean {
  return hasFile && process.platform !== "win32";
}

/** Says how to reload a router that `wampact router reload` cannot reach. */
export function reloadWithoutControl(): string {
  return isReloadedBySighup(true)
    ? "send SIGHUP to the router instead"
    : "send POST /reload to its admin listener instead";
}
