// @vitest-environment happy-dom
/** `useTopic` and `useSubscription`: what is heard, and that each topic has one subscription. */
import { act, fireEvent, screen } from "@testing-library/react";
import { createElement as h, useState } from "react";
import { expect, type TestContext, test } from "vitest";
import { connect, isWampError } from "wampact";
import { useClient, usePeer, useSubscription, useTopic } from "wampact/react";
import type { Authorizer } from "wampact/router";
import { createChatClient } from "../../schemas/generated/chat.gen.js";
import { createJobsClient } from "../../schemas/generated/jobs.gen.js";
import { startServer, type TestServer } from "../support/peers.js";
import { REALM } from "../support/raw.js";
import { renderPage } from "./support.js";

/** Says something in a room, as another peer. */
async function speaker(t: TestContext, { url }: TestServer) {
  const peer = await connect({ url, realm: REALM, reconnect: { minMs: 1, maxMs: 20 }, onError: () => {} });
  t.onTestFinished(() => peer.close());
  const chat = createChatClient(peer);
  return (room: string, text: string, retain = false) =>
    act(async () => {
      await chat.said.publish({ room }, { from: 1, text }, { acknowledge: true, retain });
    });
}

test("the newest event, a list and a reducer, over one subscription in StrictMode", async (t) => {
  const server = await startServer(t);
  const say = await speaker(t, server);
  await say("tea", "before", true);
  const returned: string[] = [];
  const heard: string[] = [];
  const page = renderPage(t, server, () => {
    const { said } = useClient(createChatClient);
    const latest = useTopic(said, { room: "tea" }, { onReturn: () => returned.push("back") });
    const list = useTopic(said, { room: "tea" }, { keep: 2 });
    const letters = useTopic(said, { room: "tea" }, { initial: 0, reduce: (sum, { data }) => sum + data.text.length });
    useSubscription(said, { room: "tea" }, ({ data }) => heard.push(data.text));
    const texts = list.value.map(({ data }) => data.text).join("+");
    return h("p", null, `${latest.status} ${latest.value?.data.text} | ${texts} | ${letters.value}`);
  });
  await screen.findByText("live before | | 0");
  await expect.poll(() => server.router.stats(REALM)).toMatchObject({ subscriptions: 1, subscribers: 1 });
  for (const text of ["one", "two", "three"]) await say("tea", text);
  await screen.findByText("live three | two+three | 11");
  expect(heard).toEqual(["one", "two", "three"]);

  server.cut();
  await screen.findByText(/^pending three/);
  await screen.findByText(/^live/);
  expect(returned).toEqual(["back"]);
  await expect.poll(() => server.router.stats(REALM).subscribers).toBe(1);
  page.unmount();
  await expect.poll(() => server.router.stats(REALM).subscribers).toBe(0);
});

test("other parameters start anew, and the subscription before ends", async (t) => {
  const server = await startServer(t);
  const say = await speaker(t, server);
  renderPage(t, server, () => {
    const { said } = useClient(createChatClient);
    const [room, setRoom] = useState("tea");
    const { value, status } = useTopic(said, { room }, { keep: 9 });
    const words = `${status} ${room}: ${value.map(({ data }) => data.text).join()}`;
    return h("button", { type: "button", onClick: () => setRoom("cake") }, words);
  });
  await screen.findByText("live tea:");
  await say("tea", "a");
  await screen.findByText("live tea: a");
  fireEvent.click(screen.getByRole("button"));
  await screen.findByText("live cake:");
  await expect.poll(() => server.router.stats(REALM).subscriptions).toBe(1);
  await say("tea", "b");
  await say("cake", "c");
  await screen.findByText("live cake: c");
});

test("every room at once, a topic without parameters, and one that is not wanted", async (t) => {
  const server = await startServer(t);
  const say = await speaker(t, server);
  renderPage(t, server, () => {
    const { said } = useClient(createChatClient);
    const { ended } = useClient(createJobsClient);
    const all = useTopic(said, {}, { initial: "", reduce: (text, { params }) => text + params.room });
    const jobs = useTopic(ended, { keep: 1 });
    const none = useTopic(said, { room: "none" }, { enabled: false });
    return h("p", null, `${all.status} ${all.value} ${jobs.status} ${jobs.value.length} ${none.status}`);
  });
  await screen.findByText("live live 0 pending");
  await say("tea", "a");
  await say("cake", "b");
  await screen.findByText("live teacake live 0 pending");
  expect(server.router.stats(REALM).subscriptions).toBe(2);
});

test("a client that each render creates subscribes once, and its list stays", async (t) => {
  let asked = 0;
  const authorize: Authorizer = (_, action) => {
    if (action === "subscribe") asked++;
    return true;
  };
  const server = await startServer(t, { realms: [{ name: REALM, authorize }] });
  const say = await speaker(t, server);
  renderPage(t, server, () => {
    const { said } = createChatClient(usePeer());
    const [renders, setRenders] = useState(0);
    const { value, status } = useTopic(said, { room: "tea" }, { keep: 9 });
    const words = `${renders} ${status} ${value.map(({ data }) => data.text).join()}`;
    return h("button", { type: "button", onClick: () => setRenders(renders + 1) }, words);
  });
  await screen.findByText("0 live");
  await say("tea", "a");
  await screen.findByText("0 live a");
  fireEvent.click(screen.getByRole("button"));
  await screen.findByText("1 live a");
  await say("tea", "b");
  await screen.findByText("1 live a,b");
  expect(asked).toBe(1);
});

test("a subscription that was refused is tried again when the connection is back", async (t) => {
  let allowed = false;
  const authorize: Authorizer = (_, action) => action !== "subscribe" || allowed;
  const server = await startServer(t, { realms: [{ name: REALM, authorize }] });
  renderPage(t, server, () => {
    const { status, error } = useTopic(useClient(createChatClient).said, { room: "tea" });
    return h("p", null, `${status} ${isWampError(error) ? error.uri : "nothing"}`);
  });
  await screen.findByText("failed wamp.error.not_authorized");
  allowed = true;
  server.cut();
  await screen.findByText("live nothing");
});

test("a subscription that is refused says why", async (t) => {
  const server = await startServer(t);
  renderPage(t, server, () => {
    const { said } = useClient(createChatClient);
    const { status, error } = useTopic(said, { room: "No Room" });
    return h("p", null, status === "failed" ? error.message : "nothing"); // it is an Error
  });
  await screen.findByText(/^com\.chat\.rooms\.\{room\}\.said params\.room: expected a string that matches/);
});
