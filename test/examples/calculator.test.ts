import { expect, test } from "vitest";
import { createTestRouter, mockService } from "wampact/testing";
import { calculatorHandlers } from "../../examples/handlers.js";
import * as calculator from "../../schemas/calculator.js";
import { createCalculatorClient, serveCalculator } from "../../schemas/generated/calculator.gen.js";

test("the calculator calculates, refuses to divide by zero, and counts down", async () => {
  await using router = createTestRouter();
  await serveCalculator(await router.connect(), calculatorHandlers());
  const client = createCalculatorClient(await router.connect());
  expect([await client.add2({ a: 2, b: 3 }), await client.divide({ a: 6, b: 3 }), await client.scale(4, 5)]).toEqual([
    5, 2, 20,
  ]);
  expect(await client.divide({ a: 1, b: 0 }).safe()).toMatchObject({
    error: { code: "divideByZero", data: { numerator: 1 } },
  });
  const ticks: number[] = [];
  for await (const { left } of client.countdown({ from: 2, everyMs: 0 })) ticks.push(left);
  expect(ticks).toEqual([2, 1, 0]);
});

test("code that calls the calculator is tested without one", async () => {
  await using router = createTestRouter();
  const mock = await mockService(await router.connect(), calculator, { add2: ({ a, b }) => a + b });
  const client = createCalculatorClient(await router.connect());
  const total = async (prices: readonly number[]) => {
    let sum = 0;
    for (const price of prices) sum = await client.add2({ a: sum, b: price });
    return sum;
  };
  expect(await total([1, 2, 3])).toBe(6);
  expect(mock.calls.add2).toEqual([[{ a: 0, b: 1 }], [{ a: 1, b: 2 }], [{ a: 3, b: 3 }]]);
});
