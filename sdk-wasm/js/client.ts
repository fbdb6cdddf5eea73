import { Installation, type Request as CoreRequest, Setup } from "./core/core.js";
import type { Code } from "./codes.js";
import { PaidupError, ask, misuse } from "./error.js";
import { type LicenseEvent, eventsOf } from "./event.js";
import { load, sentence } from "./load.js";
import { type Machine, type MachineJson, machineOf } from "./machine.js";
import { Rhythm } from "./rhythm.js";
import { type Store, type Stored, browserStore, memoryStore } from "./store.js";
import { type Explanation, type LicenseSummary, explanationOf, summaryOf } from "./summary.js";
import { dateOf, seconds } from "./time.js";
import { type Transport, transportTo } from "./transport.js";
import { Turns } from "./turns.js";

/** What kind of machine asks for a seat: it decides when one that nobody uses is free. */
export type MachineClass = "desktop" | "container" | "ci" | "web";

/** What an app is built with. Only a root, or a signing key, has to be pinned. */
export interface ClientOptions {
  /** The issuer's name in tokens, `iss`, byte by byte. */
  issuer: string;
  /** The product's code, `aud`. */
  product: string;
  /** Pinned roots, as `paidup keys export` prints them. */
  roots?: readonly string[];
  /** Signing keys that are pinned directly: for an issuer that has no root. */
  keys?: readonly string[];
  /** Where the issuer is, if not at the address that is its name. */
  url?: string;
  /** Takes an issuer that is not on this machine and has no https: whoever is on the way
   * reads the license keys. */
  dangerAllowHttp?: boolean;
  /** The lowest version of a keyset that is taken. */
  minVersion?: number;
  /** Takes test licenses instead of real ones. */
  test?: boolean;
  /** Which machine this is, if the app knows better than the id that is made here. */
  fingerprint?: string;
  /** How this machine is called where seats are listed. */
  deviceName?: string;
  /** What it runs; by default what the browser says of itself. */
  platform?: string;
  /** What kind of machine it is; by default `web`. */
  class?: MachineClass;
  /** Where the license is kept; by default {@link browserStore}. */
  store?: Store;
  /** How requests are sent; by default `fetch`. */
  fetch?: typeof fetch;
  /** The machine's clock, if not the system's. */
  clock?: () => Date;
  /** Who is told what happens. */
  onEvent?: (event: LicenseEvent) => void;
}

/** What holds at a moment. */
export interface Answer {
  /** Why the answer is what it is. */
  readonly code: Code;
  /** Whether the app may be used. */
  readonly usable: boolean;
  /** The license, where one was verified. It may be unusable. */
  readonly license: LicenseSummary | null;
}

/**
 * An app's license, kept fresh. {@link Client.check} and {@link Client.allows} never
 * wait for anything; what needs the issuer or the store is a promise.
 */
export class Client {
  readonly #core: Installation;
  readonly #transport: Transport;
  readonly #store: Store;
  readonly #clock: () => Date;
  readonly #onEvent: (event: LicenseEvent) => void;
  readonly #device: string;
  readonly #turns: Turns;
  readonly #rhythm: Rhythm;
  readonly #others: BroadcastChannel | undefined;
  #summary: LicenseSummary | null | undefined;
  #told: Code | undefined;

  /**
   * Loads the WebAssembly module and what the store holds. It asks nobody yet.
   *
   * @throws {@link PaidupError} `INVALID_ARGUMENT` where nothing is pinned or an address
   * is not https; `UNSUPPORTED_RUNTIME` and `NETWORK` as {@link load}.
   */
  static async open(options: ClientOptions): Promise<Client> {
    const { roots = [], keys = [] } = options;
    if (roots.length + keys.length === 0) {
      throw misuse("pin a root, or a signing key: without one no license can be believed");
    }
    const transport = transportTo(
      options.url ?? options.issuer,
      options.dangerAllowHttp ?? false,
      options.fetch,
    );
    await load();
    const setup = ask(() => {
      const setup = new Setup(options.issuer, options.product);
      roots.forEach((x) => setup.root(x));
      keys.forEach((x) => setup.key(x));
      if (options.minVersion !== undefined) setup.minVersion(options.minVersion);
      if (options.test) setup.testMode();
      return setup;
    });
    const name = setup.storageName();
    const store = options.store ?? (hasStorage() ? browserStore(name) : memoryStore());
    let stored: Stored = {};
    try {
      stored = await store.load();
    } catch {
      // What cannot be read is not there; that nothing can be written will be told.
    }
    const device = options.fingerprint ?? stored.device ?? `device:${text(random())}`;
    ask(() => {
      const { deviceName, platform = browser(), class: kind = "web" } = options;
      setup.device(device, deviceName, platform, kind);
    });
    const core = new Installation(setup, stored.state, stored.witness);
    return new Client(core, transport, store, device, name, options);
  }

  private constructor(
    core: Installation,
    transport: Transport,
    store: Store,
    device: string,
    name: string,
    { clock = () => new Date(), onEvent = () => undefined }: ClientOptions,
  ) {
    this.#core = core;
    this.#transport = transport;
    this.#store = store;
    this.#device = device;
    this.#clock = clock;
    this.#onEvent = onEvent;
    this.#turns = new Turns(name);
    this.#rhythm = new Rhythm(() => this.#lookAfter());
    if (typeof BroadcastChannel === "function") {
      this.#others = new BroadcastChannel(`paidup:${name}`);
      this.#others.onmessage = () => void this.#reload().then(() => this.#tell());
      (this.#others as { unref?: () => void }).unref?.();
    }
  }

  /** What holds now, from what is in hand. */
  check(): Answer {
    const code = ask(() => this.#core.check(this.#now())) as Code;
    const usable = code === "VALID" || code === "GRACE";
    if (code !== this.#told) {
      this.#told = code;
      this.#tell();
    }
    this.#summary ??= this.#read();
    return { code, usable, license: this.#summary };
  }

  /** Whether the license is usable now and has this entitlement. */
  allows(entitlement: string): boolean {
    return ask(() => this.#core.allows(entitlement, this.#now()));
  }

  /** Each check of the license, the claim that decided, and the next step. */
  explain(): Explanation {
    return explanationOf(ask(() => this.#core.explain(this.#now())));
  }

  /** Since when the issuer could not be reached, if it cannot. */
  get failingSince(): Date | null {
    return dateOf(this.#core.failingSince());
  }

  /**
   * What this machine is known by to the issuer: a random text that was made here and is
   * kept with the license, or what the app has given. It says nothing of the machine and
   * is another one for each app. It is written down with the first license.
   */
  get deviceId(): string {
    return this.#device;
  }

  /**
   * Activates this machine with a license key, as it was typed.
   *
   * @throws {@link PaidupError} `LICENSE_KEY_MALFORMED` without any request,
   * `MACHINE_LIMIT_EXCEEDED` with the machines that have the seats, `NETWORK` and others.
   */
  activate(key: string): Promise<Answer> {
    return this.#inTurn(async () => {
      const request = ask(() => this.#core.activate(key, random()));
      await this.#carry(request);
      return this.check();
    });
  }

  /**
   * Has the issuer confirm the license now.
   *
   * @throws {@link PaidupError}. What held before still holds.
   */
  refresh(): Promise<Answer> {
    return this.#inTurn(() => this.#refresh());
  }

  /**
   * Gives this machine's seat back, and forgets the license and its key.
   *
   * @throws {@link PaidupError}; then the license stays as it was.
   */
  deactivate(): Promise<void> {
    return this.#inTurn(async () => {
      const listed = await this.#carry(ask(() => this.#core.deactivate()));
      if (listed === undefined) return;
      // The seat's id was not known. Where it has none, nothing is left to free.
      if (this.#core.knowsItsSeat()) await this.#carry(ask(() => this.#core.deactivate()));
      else this.#core.forget();
      await this.#settle();
    });
  }

  /** Forgets the license and its key here, and leaves its seat taken. */
  forget(): Promise<void> {
    return this.#inTurn(async () => {
      this.#core.forget();
      await this.#settle();
    });
  }

  /**
   * The machines that have a seat; where there is no license here yet, of the one whose
   * key has just found every seat taken.
   */
  machines(): Promise<Machine[]> {
    return this.#inTurn(async () => {
      const listed = await this.#carry(ask(() => this.#core.machines()));
      return (JSON.parse(listed ?? "[]") as MachineJson[]).map(machineOf);
    });
  }

  /** Frees the seat of a machine, by the id that {@link machines} or an error names. */
  free(machine: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#carry(ask(() => this.#core.free(machine)));
    });
  }

  /** A request to carry to the issuer by hand: with a key to activate, without to renew. */
  offlineRequest(key?: string): Promise<string> {
    return this.#inTurn(async () => {
      const request = ask(() => this.#core.offlineRequest(key, random()));
      await this.#settle();
      return request;
    });
  }

  /** Takes the response to the latest offline request, or a license file. */
  offlineInstall(file: string): Promise<Answer> {
    return this.#inTurn(async () => {
      ask(() => this.#core.offlineInstall(file, this.#now()));
      await this.#settle();
      return this.check();
    });
  }

  /** Forgets the license, and makes the receipt that frees its seat at the issuer. */
  offlineDeactivation(): Promise<string> {
    return this.#inTurn(async () => {
      const receipt = ask(() => this.#core.offlineDeactivation(random()));
      await this.#settle();
      return receipt;
    });
  }

  /**
   * Keeps the license fresh from now on, until {@link stopRefreshing}: when a refresh is
   * due, when the page is seen again, when the network comes back. Twice is once.
   */
  startRefreshing(): void {
    this.#rhythm.start();
  }

  /** Stops what {@link startRefreshing} has started. */
  stopRefreshing(): void {
    this.#rhythm.stop();
  }

  /** Stops everything. The client must not be used any more. */
  close(): void {
    this.stopRefreshing();
    this.#others?.close();
  }

  #now(): number {
    return seconds(this.#clock());
  }

  #read(): LicenseSummary | null {
    const json = ask(() => this.#core.summary(this.#now()));
    return json === undefined ? null : summaryOf(json);
  }

  /** What another tab has learned counts before anything is asked. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
      await this.#reload();
      return work();
    });
  }

  async #refresh(): Promise<Answer> {
    for (;;) {
      const request = ask(() => this.#core.refresh(random(), this.#now()));
      try {
        await this.#carry(request);
        return this.check();
      } catch (error) {
        if (!this.#core.retriesAtOnce()) throw error;
      }
    }
  }

  /** The seats as JSON, where they were asked for. */
  async #carry(request: CoreRequest): Promise<string | undefined> {
    try {
      const arrived = await this.#transport(request).catch((cause: unknown) => sentence(cause));
      return ask(() => {
        if (typeof arrived === "string") {
          this.#core.failed(request, arrived, this.#now());
          return undefined;
        }
        const { status, body, retryAfter } = arrived;
        return this.#core.receive(request, status, body, retryAfter, this.#now());
      });
    } finally {
      await this.#settle();
    }
  }

  /** Writes down what is to be kept, and tells what happened. */
  async #settle(): Promise<void> {
    this.#summary = undefined;
    const unsaved = this.#core.unsaved();
    if (unsaved !== undefined) {
      const [state, witness] = unsaved as [string, string];
      try {
        await this.#store.save({ device: this.#device, state, witness });
        this.#core.saved();
        this.#others?.postMessage("changed");
      } catch {
        this.#core.notSaved();
      }
    }
    this.#tell();
  }

  async #reload(): Promise<void> {
    try {
      const { state, witness } = await this.#store.load();
      this.#core.reload(state, witness);
      this.#summary = undefined;
    } catch {
      // Then what is in hand is all there is.
    }
  }

  #tell(): void {
    for (const event of eventsOf(this.#core.events())) {
      try {
        this.#onEvent(event);
      } catch (error) {
        // An app's own fault must not end the background.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** Asks the issuer if that is due; for how many seconds to rest then. */
  async #lookAfter(): Promise<number> {
    try {
      if (this.#poll() === 0) {
        await this.#inTurn(async () => {
          // Another tab may have been first.
          if (this.#poll() === 0) await this.#refresh();
        });
      } else if (this.#core.isUnsaved()) {
        await this.#inTurn(() => this.#settle());
      }
      this.#tell();
      return Math.max(this.#poll() ?? Rhythm.LONGEST, 1);
    } catch (error) {
      // How a refresh has failed is an event. Nothing must end the background.
      if (!(error instanceof PaidupError)) console.error(error);
      return Rhythm.SHORT;
    }
  }

  #poll(): number | undefined {
    return ask(() => this.#core.poll(this.#now()));
  }
}

function random(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(16));
}

function text(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** To look is enough to be refused, where a browser blocks storage. */
function hasStorage(): boolean {
  try {
    return globalThis.indexedDB !== undefined || globalThis.localStorage !== undefined;
  } catch {
    return true;
  }
}

/** "Chromium on Linux", for the list of seats. */
function browser(): string | undefined {
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
