import fc from "fast-check";
import { expect, test } from "vitest";
import { PatternIndex } from "../../src/router/pattern-index.js";
import type { MatchPolicy } from "../../src/wire/uris.js";

interface Pattern {
  readonly uri: string;
  readonly match: MatchPolicy;
}

const key = ({ uri, match }: Pattern) => `${match} ${uri}`;

/** The rule of the specification, to be applied to each pattern in a plain loop. */
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

/** Checks everything that an index finds for a URI against a plain loop over what it holds. */
function expectFound(index: PatternIndex<Pattern>, held: Iterable<Pattern>, uri: string): void {
  const all = [...held].filter((each) => matches(each, uri)).sort(compare);
  const found = index.all(uri);
  expect(found.map(key).sort()).toEqual(all.map(key).sort());
  const ordered = (patterns: readonly Pattern[]) => patterns.filter(({ match }) => match !== "wildcard").map(key);
  expect(ordered(found)).toEqual(ordered(all)); // exact, then prefixes from long to short
  expect(found.slice(ordered(all).length).every(({ match }) => match === "wildcard")).toBe(true);
  const best = index.best(uri);
  expect(best && key(best)).toBe(all[0] && key(all[0]));
}

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
        for (const uri of uris) expectFound(index, held.values(), uri);
      },
    ),
    { seed: 21, numRuns: 1_000 },
  );
});

const letters = fc.array(fc.constantFrom("a", "b"), { maxLength: 12 }).map((all) => all.join(""));

test("prefixes that begin alike are told apart, whatever comes and goes", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(letters, fc.nat(3)), { maxLength: 60 }), fc.array(letters), (steps, uris) => {
      const index = new PatternIndex<Pattern>();
      const held = new Map<string, Pattern>();
      for (const [uri, die] of steps) {
        const each: Pattern = { uri, match: "prefix" };
        if (!held.has(uri)) {
          index.set(uri, "prefix", each);
          held.set(uri, each);
        } else if (die > 0) {
          index.delete(uri, "prefix");
          held.delete(uri);
        }
      }
      for (const uri of [...uris, ...steps.map(([each]) => `${each}a`)]) expectFound(index, held.values(), uri);
      for (const [uri, each] of held) expect(index.get(uri, "prefix")).toBe(each);
    }),
    { seed: 22, numRuns: 1_000 },
  );
});

/** Every pattern of so many components out of those given. */
function patternsOf(parts: readonly string[], length: number): Pattern[] {
  let uris = parts;
  for (let more = 1; more < length; more++) uris = uris.flatMap((uri) => parts.map((part) => `${uri}.${part}`));
  return uris.map((uri) => ({ uri, match: "wildcard" }));
}

test("among thousands of wildcard patterns a lookup finds what a plain loop finds, while they come and go", () => {
  const index = new PatternIndex<Pattern>();
  const held = new Set<Pattern>();
  const patterns = patternsOf(["", "a", "b", "c"], 6); // 4,096
  const uris = fc
    .array(fc.constantFrom("a", "b", "c", "d"), { minLength: 6, maxLength: 6 })
    .map((all) => all.join("."));
  const lookUp = (seed: number) =>
    fc.assert(
      fc.property(uris, (uri) => expectFound(index, held, uri)),
      { seed, numRuns: 40 },
    );
  for (const each of patterns) {
    index.set(each.uri, "wildcard", each);
    held.add(each);
  }
  lookUp(1);
  for (const [at, each] of patterns.entries()) {
    if (at % 3 === 0) continue;
    index.delete(each.uri, "wildcard");
    held.delete(each);
  }
  lookUp(2);
  for (const [at, each] of [...patterns.entries()].reverse()) {
    if (at % 3 !== 1) continue;
    index.set(each.uri, "wildcard", each);
    held.add(each);
  }
  lookUp(3);
  for (const each of held) index.delete(each.uri, "wildcard");
  expect([index.size, index.all("a.b.c.a.b.c")]).toEqual([0, []]);
});

test.each([
  [".".repeat(100_000), "wildcard"],
  ["a.".repeat(100_000), "wildcard"],
  ["a..".repeat(50_000), "wildcard"],
  ["a.".repeat(100_000), "prefix"],
  [`${"a.".repeat(100_000)}a`, "exact"],
] as const)("a pattern of 100,000 components is added, found, matched and taken out (%#)", (uri, match) => {
  const index = new PatternIndex<number>();
  const concrete = `${"a.".repeat(100_000)}a`;
  index.set(uri, match, 1);
  expect([index.size, index.get(uri, match), index.best(concrete), index.all(concrete)]).toEqual([1, 1, 1, [1]]);
  index.delete(uri, match);
  expect([index.size, index.get(uri, match), index.best(concrete), index.all(concrete)]).toEqual([
    0,
    undefined,
    undefined,
    [],
  ]);
});

test("4,000 prefixes of one another are added, matched and taken out", () => {
  const index = new PatternIndex<number>();
  const uri = "ab.".repeat(1_500);
  for (let length = 1; length <= 4_000; length++) index.set(uri.slice(0, length), "prefix", length);
  expect([index.best(uri), index.all(uri).length]).toEqual([4_000, 4_000]);
  for (let length = 4_000; length >= 1; length -= 2) index.delete(uri.slice(0, length), "prefix");
  expect([index.best(uri), index.all(uri).length]).toEqual([3_999, 2_000]);
  for (let length = 1; length < 4_000; length += 2) index.delete(uri.slice(0, length), "prefix");
  expect([index.size, index.best(uri)]).toEqual([0, undefined]);
});

/** The shortest of some runs, in milliseconds: what the work costs when nothing else takes the core. */
function fastestMs(work: () => void): number {
  let fastest = Infinity;
  for (let run = 0; run < 10; run++) {
    const start = performance.now();
    work();
    fastest = Math.min(fastest, performance.now() - start);
  }
  return fastest;
}

test.each([
  ["65,536 wildcard patterns made to defeat a tree", patternsOf(["", "a"], 16).map(withTail), `${"a.".repeat(16)}x.x`],
  ["4,000 prefixes of one another", prefixesOf("p".repeat(4_000)), "p".repeat(5_000)],
] as const)("a lookup among %s costs less than a fifth of trying each", (_name, patterns, uri) => {
  const index = new PatternIndex<Pattern>();
  for (const each of patterns) index.set(each.uri, each.match, each);
  const trying = fastestMs(() => void patterns.filter((each) => matches(each, uri)).sort(compare));
  expect(fastestMs(() => void index.best(uri)) * 5).toBeLessThan(trying);
  expect(fastestMs(() => void index.all(uri)) * 5).toBeLessThan(trying);
});

/** No component tells the patterns apart, and none of them matches. */
function withTail({ uri }: Pattern, at: number): Pattern {
  return { uri: `${uri}${at % 2 === 0 ? ".c." : "..c"}`, match: "wildcard" };
}

function prefixesOf(text: string): Pattern[] {
  return Array.from(text, (_, at) => ({ uri: text.slice(0, at + 1), match: "prefix" }));
}

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
