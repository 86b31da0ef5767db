import fc from "fast-check";
import { expect, test } from "vitest";
import { PatternIndex } from "../../src/router/pattern-index.js";
import type { MatchPolicy } from "../../src/wire/uris.js";

interface Pattern {
  readonly uri: string;
  readonly match: MatchPolicy;
}

const key = ({ uri, match }: Pattern) => `${match} ${uri}`;

/** What the specification says, as a plain loop over all patterns. */
function matches({ uri, match }: Pattern, concrete: string): boolean {
  if (match === "exact") return uri === concrete;
  if (match === "prefix") return concrete.startsWith(uri);
  const [wanted, parts] = [uri.split("."), concrete.split(".")];
  return (
    wanted.length === parts.length && wanted.every((component, index) => component === "" || component === parts[index])
  );
}

/** How long each run of literal components is, up to each wildcard: the longer the earlier runs, the better. */
function runs(uri: string): number[] {
  const lengths = [0];
  for (const component of uri.split(".")) {
    if (component === "") lengths.push(0);
    else lengths[lengths.length - 1] = (lengths.at(-1) as number) + 1;
  }
  return lengths;
}

function compare(a: Pattern, b: Pattern): number {
  const rank = { exact: 0, prefix: 1, wildcard: 2 };
  if (a.match !== b.match) return rank[a.match] - rank[b.match];
  if (a.match !== "wildcard") return b.uri.length - a.uri.length;
  const [ra, rb] = [runs(a.uri), runs(b.uri)];
  for (let index = 0; index < Math.max(ra.length, rb.length); index++) {
    const difference = (rb[index] ?? 0) - (ra[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const component = fc.constantFrom("a", "b", "ab", "c1");
const concrete = fc.array(component, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("."));
const pattern: fc.Arbitrary<Pattern> = fc.oneof(
  concrete.map((uri) => ({ uri, match: "exact" as const })),
  fc.tuple(concrete, fc.nat(12)).map(([uri, length]) => ({ uri: uri.slice(0, length), match: "prefix" as const })),
  fc
    .array(fc.oneof(component, fc.constant("")), { minLength: 1, maxLength: 5 })
    .map((parts) => ({ uri: parts.join("."), match: "wildcard" as const })),
);

test("any sequence of additions and removals finds what a plain loop finds", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(pattern, fc.boolean()), { maxLength: 40 }),
      fc.array(concrete, { minLength: 1, maxLength: 10 }),
      (steps, uris) => {
        const index = new PatternIndex<Pattern>();
        const held = new Map<string, Pattern>();
        for (const [each, add] of steps) {
          if (add && !held.has(key(each))) {
            index.set(each.uri, each.match, each);
            held.set(key(each), each);
          } else if (!add && held.has(key(each))) {
            index.delete(each.uri, each.match);
            held.delete(key(each));
          }
          expect(index.get(each.uri, each.match)).toEqual(held.get(key(each)));
        }
        expect(index.size).toBe(held.size);
        for (const uri of uris) {
          const all = [...held.values()].filter((each) => matches(each, uri));
          expect(index.all(uri).map(key).sort()).toEqual(all.map(key).sort());
          const best = index.best(uri);
          const [first] = all.sort(compare);
          expect(best === undefined).toBe(first === undefined);
          if (best && first) expect(compare(best, first)).toBe(0);
        }
      },
    ),
    { seed: 21, numRuns: 500 },
  );
});

test("a pattern that is taken out leaves nothing behind", () => {
  const index = new PatternIndex<number>();
  const patterns = [
    ["a.b", "exact"],
    ["a.", "prefix"],
    ["", "prefix"],
    ["a..c", "wildcard"],
    ["..", "wildcard"],
  ] as const;
  for (const [value, [uri, match]] of patterns.entries()) index.set(uri, match, value);
  for (const [uri, match] of patterns) index.delete(uri, match);
  expect([index.size, index.all("a.b.c"), index.best("a.b")]).toEqual([0, [], undefined]);
});

test("fact 19: a prefix matches by string, a wildcard by component", () => {
  const index = new PatternIndex<string>();
  index.set("com.myapp.myobject1", "prefix", "prefix");
  index.set("com..create", "wildcard", "wildcard");
  expect(index.all("com.myapp.myobject1-mysub")).toEqual(["prefix"]);
  expect(index.all("com.myapp.myobject2")).toEqual([]);
  expect(index.all("com.myapp.create")).toEqual(["wildcard"]);
  expect(index.all("com.myapp.x.create")).toEqual([]);
});

const TABLE: readonly (readonly [number, string, MatchPolicy])[] = [
  [1, "a1.b2.c3.d4.e55", "exact"],
  [2, "a1.b2.c3", "prefix"],
  [3, "a1.b2.c3.d4", "prefix"],
  [4, "a1.b2..d4.e5", "wildcard"],
  [5, "a1.b2.c33..e5", "wildcard"],
  [6, "a1.b2..d4.e5..g7", "wildcard"],
  [7, "a1.b2..d4..f6.g7", "wildcard"],
];

test.for([
  ["a1.b2.c3.d4.e55", 1],
  ["a1.b2.c3.d98.e74", 2],
  ["a1.b2.c3.d4.e325", 3],
  ["a1.b2.c55.d4.e5", 4],
  ["a1.b2.c33.d4.e5", 2],
  ["a1.b2.c88.d4.e5.f6.g7", 6],
  ["a2.b2.c2.d2.e2", undefined],
] as const)("fact 22: with all seven registrations, a call of %s goes to %s", ([uri, winner]) => {
  const index = new PatternIndex<number>();
  for (const [number, each, match] of TABLE) index.set(each, match, number);
  expect(index.best(uri)).toBe(winner);
});

test("fact 22: without the prefix registrations, a call of a1.b2.c33.d4.e5 goes to 5", () => {
  const index = new PatternIndex<number>();
  for (const [number, each, match] of TABLE) if (match !== "prefix") index.set(each, match, number);
  expect(index.best("a1.b2.c33.d4.e5")).toBe(5);
});
