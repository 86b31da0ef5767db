import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Names of devices on Windows. No file may have one, whatever follows a dot. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;

/**
 * Returns the file of a realm's events in a directory. Throws if it is that of another realm: file systems of Windows and macOS
 * ignore case, so that `com.App` and `com.app` would share a file.
 */
export function lmdbFileOf(directory: string, realm: string): string {
  const file = join(directory, `${nameOf(realm)}.mdb`);
  const other = existsSync(file) ? nameInOtherCase(file) : undefined;
  if (other === undefined) return file;
  throw new Error(
    `${file} is ${other}, because the file system ignores case; give the realm "${realm}" another name, or its store another path`,
  );
}

function nameOf(realm: string): string {
  const name = encodeURIComponent(realm);
  if (process.platform !== "win32") return name;
  return name
    .replaceAll("*", "%2A")
    .replace(DEVICE, (device) => `%${device.charCodeAt(0).toString(16)}${device.slice(1)}`);
}

/** Returns the name under which a directory lists a file, if it differs in case. */
function nameInOtherCase(file: string): string | undefined {
  const names = readdirSync(dirname(file));
  const isSame = (name: string) => name.toLowerCase() === basename(file).toLowerCase();
  return names.includes(basename(file)) ? undefined : names.find(isSame);
}
