import type { Code } from "./codes.js";
import type { Machine } from "./machine.js";
import { machineOf, type MachineJson } from "./machine.js";

/** Where every seat is taken: how many there are, and who has them. */
export interface SeatLimit {
  readonly max: number;
  readonly current: number;
  /** Free one of them with {@link Client.free}, and activate again. */
  readonly machines: readonly Machine[];
}

/**
 * Something that was asked for was not done. What the app could do before, it can
 * still do.
 */
export class PaidupError extends Error {
  override readonly name = "PaidupError";

  /** The word for what happened, the same in every language. */
  readonly code: Code;

  /** The way out, as a sentence for a human. */
  readonly nextStep: string;

  /** With `MACHINE_LIMIT_EXCEEDED`. */
  readonly limit: SeatLimit | null;

  /** With `RATE_LIMITED`: for how long to wait, in seconds, where that is known. */
  readonly retryAfter: number | null;

  constructor(
    code: Code,
    message: string,
    nextStep: string,
    more: { cause?: unknown; limit?: SeatLimit; retryAfter?: number } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.nextStep = nextStep;
    this.limit = more.limit ?? null;
    this.retryAfter = more.retryAfter ?? null;
  }
}

/** The program has called with something that cannot be meant. */
export function misuse(message: string, cause?: unknown): PaidupError {
  return new PaidupError(
    "INVALID_ARGUMENT",
    message,
    "This is an error of the program: tell the vendor.",
    { cause },
  );
}

interface RefusalJson {
  code: Code;
  message: string;
  nextStep: string;
  limit?: { max: number; current: number; machines: MachineJson[] };
  retryAfter?: number;
}

/** Asks the core, which throws the JSON of what it refuses. */
export function ask<T>(question: () => T): T {
  try {
    return question();
  } catch (thrown) {
    if (typeof thrown !== "string") {
      throw misuse("paidup was called with a value of the wrong type", thrown);
    }
    const { code, message, nextStep, limit, retryAfter } = JSON.parse(thrown) as RefusalJson;
    throw new PaidupError(code, message, nextStep, {
      ...(limit && { limit: { ...limit, machines: limit.machines.map(machineOf) } }),
      ...(retryAfter !== undefined && { retryAfter }),
    });
  }
}
