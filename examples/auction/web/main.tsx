import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { lazy, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createPeer } from "wampact";
import { WampactProvider } from "wampact/react";
import * as z from "zod";

z.config({ jitless: true }); // the page's Content Security Policy forbids code from strings
const App = lazy(async () => ({ default: (await import("./app.js")).App })); // contracts are loaded after that

const queries = new QueryClient();

/** Creates the peer. The router shares the page's origin. */
function openPeer() {
  const { protocol, host } = window.location;
  return createPeer({ url: `${protocol === "https:" ? "wss" : "ws"}://${host}/ws`, realm: "com.auction" });
}

const root = document.getElementById("root");
if (!root) throw new Error("the page has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <WampactProvider peer={openPeer}>
        <App />
      </WampactProvider>
    </QueryClientProvider>
  </StrictMode>,
);
