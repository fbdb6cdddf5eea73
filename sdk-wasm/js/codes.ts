/** Where a license stands at a moment. */
export type Standing =
  | "VALID"
  | "GRACE"
  | "EXPIRED"
  | "SUSPENDED"
  | "REVOKED"
  | "BANNED"
  | "REFRESH_REQUIRED"
  | "NOT_YET_VALID"
  | "CLOCK_ROLLBACK";

/** Why a token is not to be trusted. */
export type VerifyCode =
  | "TOO_LARGE"
  | "MALFORMED"
  | "UNSUPPORTED_ALGORITHM"
  | "UNSUPPORTED_HEADER"
  | "WRONG_TYPE"
  | "UNKNOWN_KEY"
  | "KEY_REVOKED"
  | "KEY_NOT_VALID"
  | "SIGNATURE_INVALID"
  | "UNSUPPORTED_VERSION"
  | "CLAIMS_INVALID"
  | "ISSUER_MISMATCH"
  | "PRODUCT_MISMATCH"
  | "FINGERPRINT_MISMATCH"
  | "ENVIRONMENT_MISMATCH"
  | "STALE_TOKEN"
  | "KEYSET_ROLLBACK";

/** How a contact with the issuer failed. */
export type ContactCode =
  | "NETWORK"
  | "RATE_LIMITED"
  | "MACHINE_LIMIT_EXCEEDED"
  | "FINGERPRINT_REQUIRED"
  | "NOT_FOUND"
  | "LICENSE_KEY_MALFORMED";

/** What went wrong on this machine. */
export type LocalCode =
  | "STORE_UNAVAILABLE"
  | "INVALID_ARGUMENT"
  | "BUFFER_TOO_SMALL"
  | "UNSUPPORTED_RUNTIME";

/**
 * Why the answer is what it is, in one word: the same in Rust, C, JavaScript, HTTP and
 * on the command line. Words are added, never renamed.
 */
export type Code = Standing | "NO_LICENSE" | VerifyCode | ContactCode | LocalCode;
