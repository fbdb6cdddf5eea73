/** 16 bytes: for a nonce, or an id. */
export function random(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(16));
}

/** Base64url. */
export function text(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** To look is enough to be refused, where a browser blocks storage. */
export function hasStorage(): boolean {
  try {
    return globalThis.indexedDB !== undefined || globalThis.localStorage !== undefined;
  } catch {
    return true;
  }
}

/** "Chromium on Linux", for the list of seats. */
export function browser(): string | undefined {
  interface Hints {
    brands?: { brand: string }[];
    platform?: string;
  }
  const navigator = globalThis.navigator as (Navigator & { userAgentData?: Hints }) | undefined;
  const hints = navigator?.userAgentData;
  const brand = hints?.brands?.find((it) => !/not.?a.?brand/i.test(it.brand))?.brand;
  if (brand && hints?.platform) return `${brand} on ${hints.platform}`;
  return navigator?.userAgent?.slice(0, 200);
}
