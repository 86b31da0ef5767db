/** The maximum overhead of one value in any serializer, in bytes: head, quotes or separators. */
const HEAD_BYTES = 9;
/** Characters that JSON escapes or that need several UTF-8 bytes. */
const NOT_PLAIN = /[^ !#-[\]-~]/;
/** The maximum length of a number that is not an integer, in bytes. */
const NUMBER_BYTES = 25;

/**
 * Returns an upper bound for the size of a value in any serializer, in bytes. It is at least the size in JSON, which is the
 * largest: binary becomes Base64, and control characters are escaped.
 */
export function largestEncodedBytes(value: unknown): number {
  let bytes = 0;
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const each = pending.pop();
    bytes += HEAD_BYTES;
    if (typeof each === "string") bytes += textBytes(each);
    else if (typeof each === "number") bytes += NUMBER_BYTES;
    else if (typeof each === "bigint") bytes += String(each).length;
    else if (ArrayBuffer.isView(each)) bytes += 4 * Math.ceil(each.byteLength / 3) + HEAD_BYTES;
    else if (Array.isArray(each)) for (const member of each) pending.push(member);
    else if (typeof each === "object" && each !== null)
      for (const [key, member] of Object.entries(each)) pending.push(key, member);
  }
  return bytes;
}

function textBytes(text: string): number {
  return NOT_PLAIN.test(text) ? Buffer.byteLength(JSON.stringify(text)) : text.length + 2;
}
