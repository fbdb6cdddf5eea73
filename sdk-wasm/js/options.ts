import type { Code } from "./codes.js";
import type { LicenseEvent } from "./event.js";
import type { Store } from "./store.js";
import type { LicenseSummary } from "./summary.js";

/** What kind of machine asks for a seat: it decides when one that nobody uses is free. */
export type MachineClass = "desktop" | "container" | "ci" | "web";

/** What an app is built with. Only a root, or a signing key, has to be pinned. */
export interface ClientOptions {
  /** The issuer's name in tokens, `iss`, byte by byte. */
  issuer: string;
  /** The product's code, `aud`. */
  product: string;
  /** Pinned roots, as `paidup keys export` prints them. */
  roots?: readonly string[];
  /** Signing keys that are pinned directly: for an issuer that has no root. */
  keys?: readonly string[];
  /** Where the issuer is, if not at the address that is its name. */
  url?: string;
  /** Takes an issuer that is not on this machine and has no https: whoever is on the way
   * reads the license keys. */
  dangerAllowHttp?: boolean;
  /** The lowest version of a keyset that is taken. */
  minVersion?: number;
  /** Takes test licenses instead of real ones. */
  test?: boolean;
  /** Which machine this is, if the app knows better than the id that is made here. */
  fingerprint?: string;
  /** How this machine is called where seats are listed. */
  deviceName?: string;
  /** What it runs; by default what the browser says of itself. */
  platform?: string;
  /** What kind of machine it is; by default `web`. */
  class?: MachineClass;
  /** Where the license is kept; by default {@link browserStore}. */
  store?: Store;
  /** How requests are sent; by default `fetch`. */
  fetch?: typeof fetch;
  /** The machine's clock, if not the system's. */
  clock?: () => Date;
  /** Who is told what happens. */
  onEvent?: (event: LicenseEvent) => void;
}

/** What holds at a moment. */
export interface Answer {
  /** Why the answer is what it is. */
  readonly code: Code;
  /** Whether the app may be used. */
  readonly usable: boolean;
  /** The license, where one was verified. It may be unusable. */
  readonly license: LicenseSummary | null;
}
