/** The SharedWorker: one peer for any number of tabs. */
import { createPeer, type Subscription } from "wampact";
import { createChatClient } from "../../../schemas/generated/chat.gen.js";
import type { Asked, SayOutcome, Told } from "./protocol.js";

/** The part of the worker's global object that is used here. The types of pages do not include it. */
interface SharedWorkerScope {
  onconnect: ((event: MessageEvent) => void) | null;
  readonly location: Location;
}
const scope = globalThis as unknown as SharedWorkerScope;

/** The port to a tab. A worker of one tab is its own port. */
type TabPort = Pick<MessagePort, "postMessage" | "onmessage" | "close">;

const { protocol, host } = scope.location;
const url = `${protocol === "https:" ? "wss" : "ws"}://${host}/ws`;
const peer = createPeer({ url, realm: "com.chat", offline: "wait" });
const chat = createChatClient(peer);
const starting = peer.start();
starting.catch(() => {}); // the tabs are informed that it is closed

if ("postMessage" in scope)
  serveTab(scope as unknown as TabPort); // a worker of one tab
else {
  scope.onconnect = ({ ports: [port] }) => {
    if (port) serveTab(port);
  };
}

/** Serves one tab. The peer has one subscription for all tabs that listen to the same room. */
function serveTab(port: TabPort): void {
  const listening = new Map<number, Promise<Subscription>>();
  const tell = (told: Told) => port.postMessage(told);
  const stopStates = peer.on("state", (state) => tell({ kind: "state", state }));
  const stop = (id: number) => {
    listening
      .get(id)
      ?.then((subscription) => subscription.unsubscribe())
      .catch(peer.onError);
    listening.delete(id);
  };
  port.onmessage = async ({ data }: MessageEvent<Asked>) => {
    if (data.kind === "hello") {
      // A tab that is closed or crashes sends nothing, but its lock becomes free.
      await navigator.locks.request(data.lock, () => {
        stopStates();
        for (const id of listening.keys()) stop(id);
        port.close();
      });
    } else if (data.kind === "say") {
      tell({ kind: "outcome", id: data.id, outcome: await say(data.args) });
    } else if (data.kind === "listen") {
      const { id, params } = data;
      const subscribing = starting.then(() =>
        chat.said.subscribe(params, (event) => tell({ kind: "event", id, event })),
      );
      listening.set(id, subscribing);
      subscribing.catch((error: Error) => tell({ kind: "refused", id, message: error.message }));
    } else stop(data.id);
  };
  tell({ kind: "state", state: peer.state });
}

async function say(args: Parameters<typeof chat.say>): Promise<SayOutcome> {
  const outcome = await chat.say(...args).safe();
  return outcome.ok ? outcome : { ok: false, code: outcome.error.code, message: outcome.error.message };
}
