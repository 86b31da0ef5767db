/** The two halves of an authentication method share a name: where one is mistaken for the other, the message names the import. */
import { expect, test } from "vitest";
import * as byCryptosign from "wampact/auth/cryptosign";
import * as byScram from "wampact/auth/scram";
import * as byTicket from "wampact/auth/ticket";
import * as byCra from "wampact/auth/wampcra";
import { connect } from "wampact/peer";
import { anonymous, createRouter, cryptosign, scram, ticket, wampcra } from "wampact/router";

const authid = "ada";
const nobody = { principals: () => undefined };

test.for([
  ["ticket", byTicket.ticket({ authid, ticket: "x" }), ticket(nobody)],
  ["wampcra", byCra.wampcra({ authid, secret: "x" }), wampcra(nobody)],
  ["scram", byScram.scram({ authid, password: "x" }), scram(nobody)],
  ["cryptosign", byCryptosign.cryptosign({ authid, key: "01".repeat(32) }), cryptosign(nobody)],
] as const)("the halves of %s are told apart", async ([name, ofPeer, ofRouter]) => {
  const realm = "com.app";
  expect(() => createRouter({ realms: [{ name: realm, auth: [anonymous(), ofPeer as never] }] })).toThrow(
    new TypeError(`realms[0].auth[1]: this is the peer's part of ${name}; import it from "wampact/router"`),
  );
  await using router = createRouter({ realms: [{ name: realm, auth: [ofRouter] }] });
  await expect(connect({ transport: router.attach(), realm, auth: [ofRouter as never] })).rejects.toThrow(
    new TypeError(`auth[0]: this is the router's part of ${name}; import it from "wampact/auth/${name}"`),
  );
});
