/** Returns the file with a contract's codecs, which thin clients import: `chat.codecs.ts` beside `chat.ts`. */
export function codecsFileOf(contract: string): string {
  return contract.replace(/\.([cm]?[jt]sx?)$/, ".codecs.$1");
}
