/** Entry point `wampact/testing`: helpers for tests of applications. */
export { createFakeClock, type FakeClock } from "./clock.js";
export { type Given, type MockService, mockService } from "./mock.js";
export { createTestRouter, type TestRouter, type TestRouterOptions } from "./router.js";
export { sampleOf } from "./sample.js";
