/**
 * What an app has given, without what it inherits: a library that was tricked into writing
 * to `Object.prototype` must not pin a key.
 */
export function own<T extends object>(given: T | null | undefined): T {
  return Object.assign(Object.create(null) as T, given);
}
