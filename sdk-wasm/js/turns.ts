/**
 * One after the other, in every tab of the site where the browser can do that, so that
 * two tabs do not ask for the same thing at once.
 */
export class Turns {
  readonly #name: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(name: string) {
    this.#name = `paidup:${name}`;
  }

  take<T>(work: () => Promise<T>): Promise<T> {
    const locks = (globalThis.navigator as Navigator | undefined)?.locks;
    const turn = locks
      ? () => locks.request(this.#name, work) as Promise<T>
      : work;
    const result = this.#last.then(turn, turn);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
