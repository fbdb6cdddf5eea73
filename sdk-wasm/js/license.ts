import type { License as Core } from "./core/core.js";
import type { Standing } from "./codes.js";
import { ask } from "./error.js";
import { type Explanation, type LicenseSummary, summaryOf } from "./summary.js";
import { seconds } from "./time.js";

/**
 * A verified license. There is one way to have one: {@link Verifier.verify}.
 *
 * Where `verify` was given a moment, every answer is for that moment; else each is for
 * the moment at which it is asked for.
 */
export class License {
  readonly #core: Core;
  readonly #now: Date | undefined;
  readonly #explain: (now: Date) => Explanation;
  #summary: LicenseSummary | undefined;

  /** @internal */
  constructor(core: Core, now: Date | undefined, explain: (now: Date) => Explanation) {
    this.#core = core;
    this.#now = now;
    this.#explain = explain;
  }

  /** Where it stands. */
  get standing(): Standing {
    return ask(() => this.#core.standing(this.#seconds())) as Standing;
  }

  /** Whether the app may be used. */
  get usable(): boolean {
    return ask(() => this.#core.usable(this.#seconds()));
  }

  /** Whether it is usable, and has this entitlement. The everyday question. */
  allows(entitlement: string): boolean {
    return ask(() => this.#core.allows(entitlement, this.#seconds()));
  }

  get id(): string {
    return this.summary.id;
  }

  /** The terms under which it was sold. */
  get policy(): LicenseSummary["policy"] {
    return this.summary.policy;
  }

  /** Having one does not mean that the license is usable: that is {@link allows}. */
  get entitlements(): readonly string[] {
    return this.summary.entitlements;
  }

  /** When the grace ends, where there is one. */
  get graceEndsAt(): Date | null {
    return this.summary.graceEndsAt;
  }

  /** When the license ends; `null` where it has no end, or renews. */
  get expiresAt(): Date | null {
    return this.summary.expiresAt;
  }

  /** Until when it works without contact. */
  get leaseEndsAt(): Date {
    return this.summary.leaseEndsAt;
  }

  /** All that the token says. */
  get summary(): LicenseSummary {
    this.#summary ??= summaryOf(this.#core.summary());
    return this.#summary;
  }

  /** Each check, the claim that decided, and the next step. */
  explain(): Explanation {
    return this.#explain(this.#now ?? new Date());
  }

  #seconds(): number {
    return seconds(this.#now ?? new Date());
  }
}
