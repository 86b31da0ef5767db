/** Thrown if a package that some authentication methods need is not installed. */
export class MissingPackage extends Error {
  override readonly name = "MissingPackage";
  /** Prevents reconnection: every attempt would fail. */
  readonly isFinal = true;
}

/** Loads a package that some authentication methods need. Throws `MissingPackage` if it is not installed. */
export async function loadOptional<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw new MissingPackage(`this authentication method needs the package "${name}": npm install ${name}`, {
      cause: error,
    });
  }
}
