/** The demo services: handlers for `schemas/calculator.ts` and `schemas/orders.ts`. */
import type { CalculatorHandlers } from "../schemas/generated/calculator.gen.js";
import type { OrdersHandlers } from "../schemas/generated/orders.gen.js";

export function calculatorHandlers(): CalculatorHandlers {
  return {
    add2: ({ a, b }) => a + b,
    divide({ a, b }, { errors }) {
      if (b === 0) throw errors.divideByZero({ numerator: a });
      return a / b;
    },
    scale: (value, factor) => value * factor,
    async *countdown({ from, everyMs }, { signal }) {
      for (let left = from; left >= 0; left--) {
        yield { left };
        if (left > 0) await pause(everyMs, signal);
      }
    },
  };
}

export function ordersHandlers(): OrdersHandlers {
  const open = new Set(["a17", "b42"]);
  return {
    cancelOrder({ params: { orderId }, errors }) {
      if (!open.delete(orderId)) throw errors.noSuchOrder({ orderId });
    },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
