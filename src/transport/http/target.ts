/** The target of a request, taken apart. */
export interface HttpTarget {
  /** As it came, up to the query. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Reads the target of a request. `undefined` for one that is no path, such as a whole URL. */
export function targetOf(url: string | undefined): HttpTarget | undefined {
  if (url === undefined || !url.startsWith("/")) return undefined;
  const at = url.indexOf("?");
  const path = at < 0 ? url : url.slice(0, at);
  return { path, query: new URLSearchParams(at < 0 ? "" : url.slice(at + 1)) };
}

/** Whether a path lies below another one, or is it. Nothing is decoded and no dots are resolved before. */
export function isBelow(path: string, parent: string): boolean {
  return path === parent || path.startsWith(parent === "/" ? "/" : `${parent}/`);
}

/** The decoded segments of a path below another one. `undefined` where a percent sign is followed by what is no UTF-8. */
export function segmentsBelow(path: string, parent: string): readonly string[] | undefined {
  const rest = path.slice(parent.length).replace(/^\//, "");
  try {
    return rest === "" ? [] : rest.split("/").map(decodeURIComponent);
  } catch {
    return undefined; // decodeURIComponent throws URIError and nothing else
  }
}
