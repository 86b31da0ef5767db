/** Head, quotes or separators of one value, in whichever serializer takes most for them. */
const HEAD_BYTES = 9;
/** What JSON escapes, or UTF-8 takes more than one byte for. */
const NOT_PLAIN = /[^ !#-[\]-~]/;
/** The longest text of a number that is no integer. */
const NUMBER_BYTES = 25;

/**
 * The most bytes that a value takes in any of the serializers. It is what its JSON takes or more, since JSON takes most: binary
 * travels as Base64, and control characters are escaped.
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
