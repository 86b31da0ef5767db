/** Entry `wampact/testing`: what tests of applications start from. */
export { createTestRouter, type TestRouter } from "./router.js";
