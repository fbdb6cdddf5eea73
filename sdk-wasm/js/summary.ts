import type { Code } from "./codes.js";
import { dateOf } from "./time.js";

/** What a verified token says of a license. */
export interface LicenseSummary {
  readonly id: string;
  readonly product: string;
  readonly issuer: string;
  /** What the issuer knew when it signed. Whether it can be used is another question. */
  readonly status: "active" | "suspended" | "expired" | "revoked" | "banned";
  /** Why it is refused, for display: an open set. */
  readonly reason: string | null;
  /** The terms under which it was sold. */
  readonly policy: { readonly id: string; readonly name: string };
  /** Named capabilities. */
  readonly entitlements: readonly string[];
  /** Seats and quotas. */
  readonly limits: Readonly<Record<string, number>>;
  readonly issuedAt: Date;
  /** Until when it works without contact. */
  readonly leaseEndsAt: Date;
  /** When the license ends; `null` where it has no end, or renews. */
  readonly expiresAt: Date | null;
  /** When the subscription renews; for display. */
  readonly renewsAt: Date | null;
  /** When the grace ends, where there is one. */
  readonly graceEndsAt: Date | null;
  readonly graceReason: "canceled" | "payment_failed" | null;
  /** From when on it should be refreshed. */
  readonly refreshAfter: Date | null;
  /** The machine that it is bound to. */
  readonly fingerprint: string | null;
  /** Whether it is for tests alone. */
  readonly test: boolean;
}

/** Each check of a token, and the next step. */
export interface Explanation {
  readonly code: Code;
  /** Whether the app may be used. */
  readonly usable: boolean;
  /** In order; the first that fails is the last that is listed. */
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
  /** What the token says, once its signature has passed. */
  readonly license: LicenseSummary | null;
  /** What to do, as a sentence for a human. */
  readonly nextAction: string;
}

type Times =
  | "issuedAt"
  | "leaseEndsAt"
  | "expiresAt"
  | "renewsAt"
  | "graceEndsAt"
  | "refreshAfter";

type SummaryJson = Omit<LicenseSummary, Times> &
  Record<"issuedAt" | "leaseEndsAt", number> &
  Record<Exclude<Times, "issuedAt" | "leaseEndsAt">, number | null> & { seq: number };

export function summaryOf(json: string): LicenseSummary {
  return summary(JSON.parse(json) as SummaryJson);
}

export function explanationOf(json: string): Explanation {
  const told = JSON.parse(json) as Omit<Explanation, "license"> & { license: SummaryJson | null };
  return { ...told, license: told.license && summary(told.license) };
}

function summary({ seq: _, ...json }: SummaryJson): LicenseSummary {
  return {
    ...json,
    issuedAt: new Date(json.issuedAt * 1000),
    leaseEndsAt: new Date(json.leaseEndsAt * 1000),
    expiresAt: dateOf(json.expiresAt),
    renewsAt: dateOf(json.renewsAt),
    graceEndsAt: dateOf(json.graceEndsAt),
    refreshAfter: dateOf(json.refreshAfter),
  };
}
