import { error, procedure, topic } from "wampact";
import * as z from "zod";

const OrderId = z
  .string()
  .regex(/^[0-9a-z_]+$/)
  .describe("Lower-case letters, digits and underscores.");

/** The order does not exist or was closed long ago. */
export const noSuchOrder = error("com.app.error.no_such_order", z.object({ orderId: z.string() }));

/** Cancels an order that has not been sent yet. */
export const cancelOrder = procedure("com.app.orders.{orderId}.cancel", {
  params: { orderId: OrderId },
  errors: { noSuchOrder },
});

/** A change of an order's state. */
export const orderStatus = topic("com.app.orders.{orderId}.status", {
  params: { orderId: OrderId },
  event: z.object({
    state: z.enum(["received", "packed", "sent", "done", "canceled"]),
    note: z.string().max(200).optional().describe("A note to the customer."),
  }),
});
