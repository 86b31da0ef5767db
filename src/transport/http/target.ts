/** The parts of a request target. */
export interface HttpTarget {
  /** The path as it arrived, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Parses the target of a request. Returns `undefined` for one that is not a path, such as a whole URL. */
export function targetOf(url: string | undefined): HttpTarget | undefined {
  if (url === undefined || !url.startsWith("/")) return undefined;
  const at = url.indexOf("?");
  const path = at < 0 ? url : url.slice(0, at);
  return { path, query: new URLSearchParams(at < 0 ? "" : url.slice(at + 1)) };
}

/** Returns whether a path is another one or lies below it. Nothing is decoded and no dots are resolved first. */
export function isBelow(path: string, parent: string): boolean {
  return path === parent || path.startsWith(parent === "/" ? "/" : `${parent}/`);
}

/** Returns the decoded segments of a path below another one, or `undefined` for percent signs that do not encode UTF-8. */
export function segmentsBelow(path: string, parent: string): readonly string[] | undefined {
  const rest = path.slice(parent.length).replace(/^\//, "");
  try {
    return rest === "" ? [] : rest.split("/").map(decodeURIComponent);
  } catch {
    return undefined; // decodeURIComponent throws only URIError
  }
}
