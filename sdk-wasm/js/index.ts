/**
 * Whoever has paid can use the app, online or not: licenses, verified in the browser, in
 * Node and in workers.
 *
 * @packageDocumentation
 */
export { load, type ModuleSource } from "./load.js";
export { Verifier, type Seen, type SigningKey, type VerifierOptions } from "./verifier.js";
export { License } from "./license.js";
export { Client } from "./client.js";
export type { Answer, ClientOptions, MachineClass } from "./options.js";
export { PaidupError, type SeatLimit } from "./error.js";
export type { LicenseEvent } from "./event.js";
export type { Machine } from "./machine.js";
export type { Explanation, LicenseSummary } from "./summary.js";
export type { Code, ContactCode, LocalCode, Standing, VerifyCode } from "./codes.js";
export {
  browserStore,
  indexedDbStore,
  localStorageStore,
  memoryStore,
  type Store,
  type Stored,
} from "./store.js";
