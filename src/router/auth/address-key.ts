const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/i;
const MAPPED = /^::ffff:(?=\d+\.)/i;

/**
 * Returns the key of a network location: an IPv4 address, or the first 64 bits of an IPv6 address, which belong to one customer.
 * Returns `undefined` without address, and for this machine, which may be a proxy for all clients.
 */
export function addressKey(address: string | undefined): string | undefined {
  if (address === undefined || LOOPBACK.test(address)) return undefined;
  const plain = address.replace(MAPPED, "");
  if (!plain.includes(":")) return plain;
  const [head = "", tail = ""] = plain.split("%", 1)[0]?.split("::") ?? [];
  const [left, right] = [head, tail].map((part) => part.split(":").filter((group) => group !== "")) as [
    string[],
    string[],
  ];
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0");
  return [...left, ...zeros, ...right]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
