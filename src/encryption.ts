export { type Cipher, type EncryptionRule, type EndToEndOptions, endToEnd } from "./peer/encryption.js";
