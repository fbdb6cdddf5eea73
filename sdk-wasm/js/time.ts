/** Unix seconds, as the core counts. */
export function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

/** Absent where the core has none. */
export function dateOf(seconds: number | null | undefined): Date | null {
  return seconds == null ? null : new Date(seconds * 1000);
}
