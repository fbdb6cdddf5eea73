import { Verifier as Core } from "./core/core.js";
import { ask, misuse } from "./error.js";
import { License } from "./license.js";
import { load, mustBeLoaded } from "./load.js";
import { own } from "./own.js";
import { type Explanation, explanationOf } from "./summary.js";
import { seconds } from "./time.js";

/** A signing key, and the limits within which it may sign. */
export interface SigningKey {
  /** The key, base64url, 43 characters. */
  x: string;
  /** The earliest `iat` that it may sign. */
  notBefore?: Date;
  /** The latest `iat` that it may sign. */
  notAfter?: Date;
  /** The products that it may sign for; all, where none is named. */
  products?: readonly string[];
}

/** Whom an app trusts, and what it is. */
export interface VerifierOptions {
  /** The issuer's name in tokens, `iss`, byte by byte. */
  issuer: string;
  /** The product's code, `aud`. */
  product: string;
  /** Pinned roots, as `paidup keys export` prints them. They sign keysets. */
  roots?: readonly string[];
  /** The keyset that a root has signed; it comes with every token. */
  keyset?: string;
  /** The lowest version of a keyset that is taken. */
  minVersion?: number;
  /** Signing keys that are pinned directly: for an issuer that has no root. */
  keys?: readonly (string | SigningKey)[];
  /** Ids of keys whose tokens are refused, whenever they were issued. */
  revoked?: readonly string[];
  /** Which machine this is. Without it a token that is bound to one is refused. */
  fingerprint?: string;
  /** Takes tokens of any machine: for a server that looks at its customers' tokens. */
  anyMachine?: boolean;
  /** Takes test licenses instead of real ones. */
  test?: boolean;
}

/** What was seen before, so that yesterday's token cannot replace today's. */
export interface Seen {
  /** The `seq` of the newest token of this license. */
  seq?: number;
  /** The latest time that was seen. */
  time?: Date;
}

/** Verifies tokens for one app: without network, store and clock. */
export class Verifier {
  readonly #core: Core;

  /** Loads the WebAssembly module, and makes a verifier. */
  static async load(options: VerifierOptions): Promise<Verifier> {
    await load();
    return new Verifier(options);
  }

  /**
   * @throws {@link PaidupError} `INVALID_ARGUMENT` where nothing is pinned, what is
   * pinned is no key, or {@link load} was not waited for; the code of the check that
   * the keyset fails.
   */
  constructor(given: VerifierOptions) {
    mustBeLoaded();
    const options = own(given);
    const { roots = [], keys = [], revoked = [] } = options;
    if (roots.length + keys.length === 0) {
      throw misuse("pin a root, or a signing key: without one no license can be believed");
    }
    this.#core = ask(() => {
      const core = new Core(options.issuer, options.product);
      roots.forEach((x) => core.root(x));
      for (const key of keys) {
        const { x, notBefore, notAfter, products = [] } =
          own(typeof key === "string" ? { x: key } : key);
        core.key(x, notBefore && seconds(notBefore), notAfter && seconds(notAfter), [...products]);
      }
      revoked.forEach((id) => core.revoke(id));
      if (options.fingerprint !== undefined) core.fingerprint(options.fingerprint);
      if (options.anyMachine) core.anyMachine();
      if (options.test) core.testMode();
      if (options.minVersion !== undefined) core.minVersion(options.minVersion);
      if (options.keyset !== undefined) core.keyset(options.keyset);
      return core;
    });
  }

  /**
   * Verifies a token. Time is no error: a token that has expired is a license whose
   * `standing` says so.
   *
   * @param now - The moment that its answers are for; else each is for when it is asked.
   * @throws {@link PaidupError} with the code of the check that fails.
   */
  verify(token: string, now?: Date, seen: Seen = {}): License {
    const { seq, time } = own(seen);
    const core = ask(() => this.#core.verify(token, seq, time && seconds(time)));
    return new License(core, now, (at) => this.explain(token, at, seen));
  }

  /**
   * Verifies a license file, `license.lic`: its keyset, where a root is pinned, and its
   * token.
   *
   * @throws {@link PaidupError} with the code of the check that fails.
   */
  verifyFile(text: string, now?: Date, seen: Seen = {}): License {
    const { seq, time } = own(seen);
    const token = ask(() => this.#core.unpack(text));
    const core = ask(() => this.#core.verify(token, seq, time && seconds(time)));
    return new License(core, now, (at) => this.explain(token, at, seen));
  }

  /** Each check of a token, the claim that decided, and the next step. It never throws
   * for what is wrong with the token. */
  explain(token: string, now: Date = new Date(), seen: Seen = {}): Explanation {
    const { seq, time } = own(seen);
    return explanationOf(
      ask(() => this.#core.explain(token, seconds(now), seq, time && seconds(time))),
    );
  }
}
