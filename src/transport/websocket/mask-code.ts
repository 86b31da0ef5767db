// Compiled from mask.as by `npm run build:wasm`. SHA-256 of the source: 3a405fe941657b5145cdcbd20e7a30ec49cddec373413f1ce66988c0a2c75b60

/** The WebAssembly module of mask.as in Base64. */
export const MASK_CODE: string =
  "AGFzbQEAAAABBgFgAn9/AAMCAQAFBAEBAQEHEQIEbWFzawAABm1lbW9yeQIACjIBMAIBfwF7IAH9ESEDA0AgACACSwRAIAIgAv0ABAAgA/1R/QsEACACQRBqIQIMAQsLCw==";
