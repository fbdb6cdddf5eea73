const WAKES = ["visibilitychange", "pageshow", "focus", "online", "resume"];

/**
 * Has something done when it is due, and looked at again whenever the page comes back:
 * browsers slow down the timers of tabs that nobody sees, or stop them.
 */
export class Rhythm {
  /** A sleeping machine's timers sleep too: the clock is looked at this often, in seconds. */
  static readonly LONGEST = 60;
  /** After something has failed, in seconds; what is due then says the core. */
  static readonly SHORT = 10;

  readonly #due: () => Promise<number>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running = false;
  #busy = false;

  /** @param due - Does what is due; for how many seconds to rest then. Never rejects. */
  constructor(due: () => Promise<number>) {
    this.#due = due;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    for (const target of targets()) {
      WAKES.forEach((kind) => target.addEventListener(kind, this.#wake));
    }
    this.#wake();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
    for (const target of targets()) {
      WAKES.forEach((kind) => target.removeEventListener(kind, this.#wake));
    }
  }

  readonly #wake = (): void => {
    if (this.#busy) return;
    this.#busy = true;
    clearTimeout(this.#timer);
    void this.#due().then((seconds) => {
      this.#busy = false;
      if (!this.#running) return;
      this.#timer = setTimeout(this.#wake, Math.min(seconds, Rhythm.LONGEST) * 1000);
      // In Node a timer alone keeps no program from ending.
      (this.#timer as { unref?: () => void }).unref?.();
    });
  };
}

function targets(): EventTarget[] {
  const { document, window, self } = globalThis as Partial<typeof globalThis>;
  return [document, window ?? (document === undefined ? self : undefined)].filter(
    (it): it is Document & Window & typeof globalThis => it !== undefined,
  );
}
