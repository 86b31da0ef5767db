export { msgpack } from "./wire/serializers/msgpack.js";
