export { cbor } from "./wire/serializers/cbor.js";
