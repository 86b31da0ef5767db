const BUCKET_BITS = 16;

/** V8 hashes numbers without a seed. These are the lower bits of its hash of a small integer. */
function hashOf(id: number): number {
  let hash = id | 0;
  hash = ~hash + (hash << 15);
  hash ^= hash >>> 12;
  hash += hash << 2;
  hash ^= hash >>> 4;
  hash = Math.imul(hash, 2057);
  return hash ^ (hash >>> 16);
}

/**
 * IDs that a `Map` or `Set` of up to 2^17 numbers puts into one bucket, as a client may choose them. All are multiples of `step`, plus
 * one.
 */
export function collidingIds(count: number, step = 1): readonly number[] {
  const ids: number[] = [];
  const last = 2 ** BUCKET_BITS - 1;
  for (let id = 1; ids.length < count; id += step) if ((hashOf(id) & last) === 0) ids.push(id);
  return ids;
}
