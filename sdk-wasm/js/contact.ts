import type { Installation, Request as CoreRequest } from "./core/core.js";
import { random } from "./device.js";
import { PaidupError, ask } from "./error.js";
import { type LicenseEvent, eventsOf } from "./event.js";
import { sentence } from "./load.js";
import { Rhythm } from "./rhythm.js";
import { type Store, textsOf } from "./store.js";
import { seconds } from "./time.js";
import type { Transport } from "./transport.js";
import { Turns } from "./turns.js";

/** What surrounds the core: how it speaks, where it writes, who is told. */
export interface Surroundings {
  core: Installation;
  transport: Transport;
  store: Store;
  /** The id that is written down beside the license. */
  device: string;
  clock: () => Date;
  onEvent: (event: LicenseEvent) => void;
}

/**
 * Carries the core's requests to the issuer and writes down what it learns, one after the
 * other in all tabs; and does so by itself while {@link rhythm} runs.
 */
export class Contact {
  readonly rhythm = new Rhythm(() => this.#lookAfter());
  /** Counts what may have changed the license. */
  changes = 0;

  readonly #around: Surroundings;
  readonly #turns: Turns;
  readonly #others: BroadcastChannel | undefined;

  constructor(name: string, around: Surroundings) {
    this.#around = around;
    this.#turns = new Turns(name);
    this.#others = channel(`paidup:${name}`);
    if (this.#others !== undefined) {
      this.#others.onmessage = () => void this.#reload().then(() => this.tell());
      (this.#others as { unref?: () => void }).unref?.();
    }
  }

  get core(): Installation {
    return this.#around.core;
  }

  now(): number {
    return seconds(this.#around.clock());
  }

  close(): void {
    this.rhythm.stop();
    this.#others?.close();
  }

  /** What another tab has learned counts before anything is asked. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
      await this.#reload();
      return work();
    });
  }

  async refresh(): Promise<void> {
    for (;;) {
      const request = ask(() => this.core.refresh(random(), this.now()));
      try {
        await this.carry(request);
        return;
      } catch (error) {
        if (!this.core.retriesAtOnce()) throw error;
      }
    }
  }

  /** The seats as JSON, where they were asked for. */
  async carry(request: CoreRequest): Promise<string | undefined> {
    try {
      const arrived = await this.#around.transport(request).catch((it: unknown) => sentence(it));
      return ask(() => {
        if (typeof arrived === "string") {
          this.core.failed(request, arrived, this.now());
          return undefined;
        }
        const { status, body, retryAfter } = arrived;
        return this.core.receive(request, status, body, retryAfter, this.now());
      });
    } finally {
      await this.settle();
    }
  }

  /** Writes down what is to be kept, and tells what happened. */
  async settle(): Promise<void> {
    this.changes += 1;
    const unsaved = this.core.unsaved();
    if (unsaved !== undefined) {
      const [state, witness] = unsaved as [string, string];
      try {
        await this.#around.store.save({ device: this.#around.device, state, witness });
        this.core.saved();
        this.#others?.postMessage("changed");
      } catch {
        this.core.notSaved();
      }
    }
    this.tell();
  }

  tell(): void {
    for (const event of eventsOf(this.core.events())) {
      try {
        this.#around.onEvent(event);
      } catch (error) {
        // An app's own fault must not end the background.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  async #reload(): Promise<void> {
    try {
      const { state, witness } = textsOf(await this.#around.store.load());
      this.core.reload(state, witness);
      this.changes += 1;
    } catch {
      // Then what is in hand is all there is.
    }
  }

  /** Asks the issuer if that is due; for how many seconds to rest then. */
  async #lookAfter(): Promise<number> {
    try {
      if (this.#poll() === 0) {
        await this.inTurn(async () => {
          // Another tab may have been first.
          if (this.#poll() === 0) await this.refresh();
        });
      } else if (this.core.isUnsaved()) {
        await this.inTurn(() => this.settle());
      }
      this.tell();
      return Math.max(this.#poll() ?? Rhythm.LONGEST, 1);
    } catch (error) {
      // How a refresh has failed is an event. Nothing must end the background.
      if (!(error instanceof PaidupError)) console.error(error);
      return Rhythm.SHORT;
    }
  }

  #poll(): number | undefined {
    return ask(() => this.core.poll(this.now()));
  }
}

/** Absent where the page may not have one: a license opens without the other tabs. */
function channel(name: string): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(name);
  } catch {
    return undefined;
  }
}
