// What a consumer writes, and what its compiler knows of it.
import {
  Client,
  type Code,
  type ContactCode,
  type LicenseEvent,
  type LicenseSummary,
  type LocalCode,
  type Machine,
  PaidupError,
  type Standing,
  type Store,
  Verifier,
  type VerifyCode,
  memoryStore,
} from "paidup";
import { fileStore } from "paidup/node";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type IsAny<T> = 0 extends 1 & T ? true : false;

function holds<_ extends true>(): void {}
function fails<_ extends false>(): void {}

export async function verify(token: string): Promise<Date | null> {
  const verifier = await Verifier.load({
    issuer: "https://licenses.example.com",
    product: "notes",
    roots: ["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"],
    fingerprint: "sha256:…",
  });
  const license = verifier.verify(token, new Date());
  holds<Same<typeof license.standing, Standing>>();
  holds<Same<typeof license.graceEndsAt, Date | null>>();
  holds<Same<typeof license.entitlements, readonly string[]>>();
  holds<Same<ReturnType<typeof license.allows>, boolean>>();
  fails<IsAny<typeof license.policy>>();
  switch (license.standing) {
    case "VALID":
    case "GRACE":
    case "EXPIRED":
    case "SUSPENDED":
    case "REVOKED":
    case "BANNED":
    case "REFRESH_REQUIRED":
    case "NOT_YET_VALID":
    case "CLOCK_ROLLBACK":
      return license.graceEndsAt;
    default: {
      const nothingElse: never = license.standing;
      return nothingElse;
    }
  }
}

export async function run(): Promise<void> {
  const own: Store = {
    load: async () => ({}),
    save: async ({ device, state, witness }) => void [device, state, witness],
  };
  const client = await Client.open({
    issuer: "https://licenses.example.com",
    product: "notes",
    keys: ["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"],
    store: Math.random() < 0.5 ? own : Math.random() < 0.5 ? memoryStore() : fileStore("."),
    onEvent: describe,
  });
  try {
    const { code, usable, license } = await client.activate("NOTES-…");
    holds<Same<typeof code, Code>>();
    holds<Same<typeof usable, boolean>>();
    holds<Same<typeof license, LicenseSummary | null>>();
  } catch (error) {
    if (error instanceof PaidupError) {
      holds<Same<typeof error.code, Code>>();
      const seats: readonly Machine[] | undefined = error.limit?.machines;
      seats?.map((it) => it.lastSeenAt?.toISOString());
    }
  }
  holds<Same<ReturnType<typeof client.machines>, Promise<Machine[]>>>();
  holds<Same<typeof client.failingSince, Date | null>>();
}

function describe(event: LicenseEvent): string {
  switch (event.kind) {
    case "unlocked":
    case "renewed":
      return event.leaseEndsAt.toISOString();
    case "graceStarted":
      return `${event.reason} ${event.endsAt.toISOString()}`;
    case "suspended":
    case "revoked":
      return event.reason ?? "";
    case "refreshFailing":
      return `${event.code} ${event.since.toISOString()}`;
    case "locked":
      return event.code;
    case "expired":
    case "banned":
    case "refreshRecovered":
    case "notStored":
      return event.kind;
    default: {
      const nothingElse: never = event;
      return nothingElse;
    }
  }
}

holds<Same<Code, Standing | VerifyCode | ContactCode | LocalCode | "NO_LICENSE">>();
