/** A setting that is not known, or cannot be, is refused by name: where it stands, what was expected, what came. */
import { expect, test } from "vitest";
import { createRouter, websocket } from "wampact/router";

const NAME = "com.app";
const realms = [{ name: NAME }];

test.for<[object, string]>([
  [{ realms, maxMesageBytes: 1 }, "maxMesageBytes: unknown option; expected one of realms, "],
  [{ realms, onerror: () => {} }, 'onerror: unknown option; did you mean "onError"?'],
  [{ realms, handshakeTimeout: 1 }, 'handshakeTimeout: unknown option; did you mean "handshakeTimeoutMs"?'],
  [{ realm: realms }, 'realm: unknown option; did you mean "realms"?'],
  [{}, 'realms: expected at least one, such as [{ name: "com.app" }]'],
  [{ realms: { name: NAME } }, 'realms: expected at least one realm, such as [{ name: "com.app" }], got a dictionary'],
  [{ realms, agent: 5 }, "agent: expected a string, got 5"],
  [{ realms, onError: "log" }, "onError: expected a function, got a string"],
  [{ realms, __proto__: null, toString: 1 }, "toString: unknown option"],
  [{ realms: [{ name: NAME, strictURIs: true }] }, 'realms[0].strictURIs: unknown option; did you mean "strictUris"?'],
  [{ realms: [{ name: NAME, strictUris: "yes" }] }, "realms[0].strictUris: expected true or false, got a string"],
  [{ realms: [{}] }, 'realms[0].name: expected a URI such as "com.app", got nothing'],
  [{ realms: ["com.app"] }, "realms[0]: expected an object, got a string"],
  [{ realms: [{ name: NAME, auth: [null] }] }, "realms[0].auth: expected at least one authenticator"],
  [{ realms: [{ name: NAME, auth: ["ticket"] }] }, "realms[0].auth: expected at least one authenticator"],
  [{ realms: [{ name: NAME, enforce: [null] }] }, "realms[0].enforce: expected a list of contracts"],
  [{ realms: [{ name: NAME, history: [{}] }] }, "realms[0].history[0].topic: expected a string, got nothing"],
  [{ realms, serializers: ["json"] }, "serializers: expected at least one serializer, such as json()"],
  [{ realms, clock: {} }, "clock: expected a clock with the methods now and after"],
  [
    { realms: [{ name: NAME, auth: [] }] },
    "realms[0].auth: expected at least one authenticator, such as anonymous(), got an empty list",
  ],
  [
    { realms: [{ name: NAME, disclosure: "always!" }] },
    'realms[0].disclosure: expected "requested", "never", "always" or a function, got a string',
  ],
  [
    { realms: [{ name: NAME, limits: { session: { maxSubscription: 1 } } }] },
    'realms[0].limits.session.maxSubscription: unknown option; did you mean "maxSubscriptions"?',
  ],
  [
    { realms: [{ name: NAME, limits: { realm: { maxSubscriptions: -1 } } }] },
    "realms[0].limits.realm.maxSubscriptions: expected a non-negative integer, got -1",
  ],
  [
    { realms: [{ name: NAME, history: [{ topics: "a" }] }] },
    'realms[0].history[0].topics: unknown option; did you mean "topic"?',
  ],
  [
    { realms: [{ name: NAME, history: [{ topic: "a b" }] }] },
    'realms[0].history[0].topic: "a b" is not a valid exact topic',
  ],
  [
    { realms: [{ name: NAME, history: [{ topic: "com.fleet.*" }] }] },
    'realms[0].history[0].topic: "*" is not a wildcard; write "com.fleet." with match: "prefix"',
  ],
  [
    { realms: [{ name: NAME, history: [{ topic: "com.fleet.{car}" }] }] },
    "realms[0].history[0].topic: {car}: placeholders are not supported here; leave the component empty",
  ],
  [
    { realms: [{ name: NAME, history: [{ topic: "com.fleet.car", match: "wildcard" }] }] },
    'realms[0].history[0].topic: "com.fleet.car" has no empty component, which match: "wildcard" needs',
  ],
])("createRouter(%j) is a TypeError: %s", ([config, message]) => {
  expect(() => createRouter(config as never)).toThrow(TypeError);
  expect(() => createRouter(config as never)).toThrow(message);
});

test.for<[object, string]>([
  [{ prt: 8080 }, 'prt: unknown option; did you mean "port"?'],
  [{ port: "8080" }, "port: expected an integer from 0 to 65535, got a string"],
  [{ port: 65_536 }, "port: expected an integer from 0 to 65535, got 65536"],
  [{ path: "ws" }, 'path: expected a path that starts with "/", such as "/ws", or a list of them, got "ws"'],
  [{ path: [] }, 'path: expected a path that starts with "/", such as "/ws", or a list of them, got an empty list'],
  [{ path: ["/", "a b"] }, 'path: expected a path that starts with "/", such as "/ws", or a list of them, got a list'],
  [{ maxMessageBytes: 0 }, "maxMessageBytes: expected an integer from 1 to 2147483647, got 0"],
  [{ maxUnsentBytes: Number.NaN }, "maxUnsentBytes: expected a positive number, got NaN"],
  [
    { origins: ["https://shop.example/"] },
    'origins[0]: expected an origin such as "https://app.example", got "https://shop.example/"; did you mean "https://shop.example"?',
  ],
  [
    { origins: ["https://a.example", "shop.example"] },
    'origins[1]: expected an origin such as "https://app.example", got "shop.example"; did you mean "https://shop.example"?',
  ],
  [
    { origins: ["*"] },
    'origins[0]: expected an origin such as "https://app.example", got "*"; wildcards are not supported; list each origin',
  ],
  [{ origins: [5] }, 'origins[0]: expected an origin such as "https://app.example", got 5'],
  [{ origins: "https://a.example" }, "origins: expected a list, got a string"],
  [
    { hosts: ["https://Api.example:443/x"] },
    'hosts[0]: expected a name in lower case without port, such as "api.app.example", got "https://Api.example:443/x"; did you mean "api.example"?',
  ],
  [{ server: {} }, "server: expected an http.Server or https.Server, got a dictionary"],
])("listen(%j) is a TypeError: %s", async ([options, message]) => {
  expect(() => websocket(options)).toThrow(new TypeError(`websocket.${message}`));
  await using router = createRouter({ realms });
  await expect(router.listen(options)).rejects.toThrow(new TypeError(`listen.${message}`));
});

test("what is no transport and no listener is refused, and closing works all the same", async () => {
  const errors: unknown[] = [];
  const router = createRouter({ realms, onError: (error) => errors.push(error) });
  for (const value of [{}, "x", null, undefined]) {
    expect(() => router.accept(value as never)).toThrow("accept: expected a transport");
  }
  await expect(router.listen({ listen: 1 } as never)).rejects.toThrow("listen.listen: unknown option");
  await expect(router.listen({ listen: async () => ({}) } as never)).rejects.toThrow("returned no Listening");
  const failing = { url: "test:", port: 0, close: () => Promise.reject(new Error("it does not close")) };
  await router.listen({ listen: async () => failing });
  const transport = {
    info: { kind: "test" },
    open() {},
    send() {},
    onceDrained() {},
    close: () => {
      throw new Error("nor this");
    },
  };
  router.accept({ ...transport, unsentBytes: 0, maxUnsentBytes: 1 });
  expect(() => router.endSession("com.app", 1, 5 as never)).toThrow("reason: expected a URI");
  await router.close({ drainMs: 0 });
  expect(errors.map(String).sort()).toEqual(["Error: it does not close", "Error: nor this", "Error: nor this"]);
});

test("a server that is given has its own port", () => {
  expect(() => websocket({ server: { on() {}, address() {} }, port: 8080 })).toThrow(
    "port: does not apply together with server",
  );
});
