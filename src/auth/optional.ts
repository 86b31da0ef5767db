/** Loads a package that only some logins need. Throws, in one line, where it is not installed. */
export async function loadOptional<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw new Error(`this login needs the package "${name}": npm install ${name}`, { cause: error });
  }
}
