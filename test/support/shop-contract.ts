/** A contract of 20 procedures and a topic, by which bundles are measured. */
import { error, procedure, topic } from "wampact";
import * as z from "zod/mini";

const Article = z.object({ id: z.string(), name: z.string(), price: z.number(), tags: z.array(z.string()) });
export const soldOut = error("com.shop.error.sold_out", z.object({ left: z.int() }));
export const article = procedure("com.shop.articles.get", {
  input: z.object({ id: z.string() }),
  output: Article,
  errors: { soldOut },
});
export const articles = procedure("com.shop.articles.list", {
  input: z.object({ from: z.int(), count: z.int() }),
  output: z.array(Article),
});
export const addArticle = procedure("com.shop.articles.add", { input: Article, output: z.string() });
export const removeArticle = procedure("com.shop.articles.remove", {
  input: z.object({ id: z.string() }),
  output: z.void(),
});
export const renameArticle = procedure("com.shop.articles.rename", {
  input: z.object({ id: z.string(), name: z.string() }),
  output: Article,
});
export const cart = procedure("com.shop.cart.get", { output: z.array(Article), idempotent: true });
export const addToCart = procedure("com.shop.cart.add", {
  input: z.object({ id: z.string(), count: z.int() }),
  output: z.int(),
  errors: { soldOut },
});
export const removeFromCart = procedure("com.shop.cart.remove", {
  input: z.object({ id: z.string() }),
  output: z.int(),
});
export const clearCart = procedure("com.shop.cart.clear", {});
export const cartTotal = procedure("com.shop.cart.total", { output: z.number(), idempotent: true });
export const placeOrder = procedure("com.shop.orders.place", {
  input: z.object({ address: z.string() }),
  output: z.string(),
  errors: { soldOut },
  timeoutMs: 5000,
});
export const cancelOrder = procedure("com.shop.orders.cancel", {
  input: z.object({ id: z.string() }),
  output: z.boolean(),
});
export const orders = procedure("com.shop.orders.list", {
  output: z.array(z.object({ id: z.string(), state: z.enum(["placed", "sent", "done"]) })),
});
export const exportOrders = procedure("com.shop.orders.export", {
  progress: z.object({ done: z.number() }),
  output: z.string(),
});
export const me = procedure("com.shop.users.me", { output: z.object({ name: z.string(), email: z.string() }) });
export const renameMe = procedure("com.shop.users.rename", { input: z.object({ name: z.string() }), output: z.void() });
export const deleteMe = procedure("com.shop.users.delete", {
  input: z.object({ sure: z.boolean() }),
  output: z.void(),
});
export const search = procedure("com.shop.search", { input: z.tuple([z.string(), z.int()]), output: z.array(Article) });
export const ping = procedure("com.shop.ping", { output: z.string(), idempotent: true });
export const giveFeedback = procedure("com.shop.feedback", {
  input: z.object({ text: z.string(), stars: z.int() }),
  output: z.void(),
});
export const priced = topic("com.shop.priced", { event: z.object({ id: z.string(), price: z.number() }) });
