import { expect, test } from "vitest";
import { Announcements } from "../../src/router/announcements.js";

const features = (given: Readonly<Record<string, unknown>>) => ({ callee: { features: given } });

test("of what a client announces, the features that a router knows are kept and nothing else", () => {
  const shared = new Announcements().share({
    ...features({ call_reroute: true, call_timeout: false, call_canceling: "yes", ["f".repeat(256)]: true }),
    stranger: { features: { call_reroute: true } },
  });
  expect(shared?.callee).toEqual({ features: { call_reroute: true } });
  expect(Object.keys(shared ?? {})).toEqual(["publisher", "subscriber", "caller", "callee"]);
});

test("another implementation's name of a feature is kept under the specification's", () => {
  expect(new Announcements().share(features({ call_cancelling: true }))?.callee?.features).toEqual({
    call_canceling: true,
  });
});

test("clients that announce the same share one object, whatever else they announce", () => {
  const announcements = new Announcements();
  const one = announcements.share(features({ call_reroute: true, _own: [1] }));
  expect(announcements.share(features({ call_reroute: true }))).toBe(one);
  expect(announcements.share(features({}))).not.toBe(one);
  expect(announcements.share(undefined)).toBeUndefined();
});
