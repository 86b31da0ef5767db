/** The index of patterns against a comparison with each of them. */
import { expect, test } from "vitest";
import { mayMeet, overlap, type Pattern, split } from "../../../src/router/access/overlap.js";
import { OverlapIndex } from "../../../src/router/access/overlap-index.js";
import { isUri, type MatchPolicy } from "../../../src/wire/uris.js";

let seed = 7;
function next(below: number): number {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed % below;
}

/** A pattern of few components, so that many meet; some are longer than what is looked up. */
function drawn(): Pattern {
  const match = (["exact", "prefix", "wildcard"] as const)[next(3)] as MatchPolicy;
  const components = Array.from({ length: next(20) === 0 ? 15 + next(5) : 1 + next(4) }, () =>
    next(3) === 0 && match === "wildcard" ? "" : "a".repeat(1 + next(3)) + "bc".slice(0, next(3)),
  );
  const uri = components.join(".") + (match === "prefix" && next(3) === 0 ? "." : "");
  return isUri(uri, match) ? { uri, match } : drawn();
}

test.for([
  1, 31, 32, 33, 500, 2_100,
])("of %d patterns all are found that another one meets, in their order, and none that it cannot meet", (count) => {
  const patterns = Array.from({ length: count }, () => split(drawn()));
  const index = new OverlapIndex(patterns);
  let met = 0;
  for (let round = 0; round < 300; round++) {
    const asked = split(drawn());
    const found = new Set(index.meeting(asked));
    const all = patterns.filter((each) => found.has(each) || overlap(asked, each));
    expect(all, JSON.stringify(asked)).toEqual([...found]);
    expect(all.filter((each) => !mayMeet(asked, each))).toEqual([]);
    met += found.size;
  }
  expect(met).toBeGreaterThan(0);
  expect([...index.meeting(split({ uri: "", match: "prefix" }))]).toEqual(patterns);
});

test("an index of no patterns finds none", () => {
  expect([...new OverlapIndex([]).meeting(split({ uri: "", match: "prefix" }))]).toEqual([]);
});
