import type { Code } from "./codes.js";
import { dateOf } from "./time.js";

/** What happened to a license, for an app that wants to tell its user. */
export type LicenseEvent =
  /** It is usable, and was not before. */
  | { readonly kind: "unlocked"; readonly leaseEndsAt: Date }
  /** The issuer has confirmed it. */
  | { readonly kind: "renewed"; readonly leaseEndsAt: Date }
  /** It still works, and says when it ends. */
  | {
      readonly kind: "graceStarted";
      readonly endsAt: Date;
      readonly reason: "canceled" | "payment_failed";
    }
  | { readonly kind: "suspended" | "revoked"; readonly reason: string | null }
  | { readonly kind: "expired" | "banned" }
  /** It cannot be used for another reason, which a contact heals. */
  | { readonly kind: "locked"; readonly code: Code }
  /** The issuer has not confirmed it since that moment. */
  | { readonly kind: "refreshFailing"; readonly since: Date; readonly code: Code }
  /** The issuer can be reached again. */
  | { readonly kind: "refreshRecovered" }
  /** It could not be written down (`STORE_UNAVAILABLE`), and works until the page is
   * closed. */
  | { readonly kind: "notStored" };

const TIMES = new Set(["leaseEndsAt", "endsAt", "since"]);

export function eventsOf(json: string): LicenseEvent[] {
  return JSON.parse(json, (name, value: unknown) =>
    TIMES.has(name) && typeof value === "number" ? dateOf(value) : value,
  ) as LicenseEvent[];
}
