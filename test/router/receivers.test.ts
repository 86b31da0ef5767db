import { expect, test } from "vitest";
import type { RealmSession } from "../../src/router/realm-session.js";
import { receiverFilter } from "../../src/router/receivers.js";

const session = (id: number, authid: string, authrole: string) => ({ id, authid, authrole }) as RealmSession;
const ada = session(1, "ada", "user");
const ben = session(2, "ben", "admin");

test.each([
  [{ exclude: [1] }, [false, true]],
  [{ exclude_authid: ["ada"] }, [false, true]],
  [{ exclude_authrole: ["admin"] }, [true, false]],
  [{ eligible: [1] }, [true, false]],
  [{ eligible_authid: ["ben"] }, [false, true]],
  [{ eligible_authrole: ["user"] }, [true, false]],
  [{ eligible_authid: [] }, [false, false]],
  [{ eligible: [1, 2], exclude_authrole: ["user"] }, [false, true]],
])("%j lets these two receive: %j", (options, expected) => {
  const receives = receiverFilter(undefined, options);
  expect([receives(ada), receives(ben)]).toEqual(expected);
});

test("a list of a publication is read once, however many subscribers there are", () => {
  let reads = 0;
  const counted = new Proxy(["somebody"], {
    get(target, key, receiver) {
      if (key === "0") reads++;
      return Reflect.get(target, key, receiver);
    },
  });
  const receives = receiverFilter(undefined, { exclude_authid: counted });
  for (let index = 0; index < 100; index++) receives(ada);
  expect(reads).toBe(1);
});
