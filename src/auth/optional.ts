/** A package that only some logins need is not installed. The message says so in one line. */
export class MissingPackage extends Error {
  override readonly name = "MissingPackage";
  /** The next attempt to log in would meet it again. */
  readonly isFinal = true;
}

/** Loads a package that only some logins need. Throws `MissingPackage` where it is not installed. */
export async function loadOptional<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw new MissingPackage(`this login needs the package "${name}": npm install ${name}`, { cause: error });
  }
}
