import { Installation, Setup } from "./core/core.js";
import type { Code } from "./codes.js";
import { Contact } from "./contact.js";
import { browser, hasStorage, random, text } from "./device.js";
import { ask, misuse } from "./error.js";
import { load } from "./load.js";
import { type Machine, type MachineJson, machineOf } from "./machine.js";
import type { Answer, ClientOptions } from "./options.js";
import { own } from "./own.js";
import { browserStore, memoryStore, textsOf } from "./store.js";
import { type Explanation, type LicenseSummary, explanationOf, summaryOf } from "./summary.js";
import { dateOf } from "./time.js";
import { transportTo } from "./transport.js";

/**
 * An app's license, kept fresh. {@link Client.check} and {@link Client.allows} never
 * wait for anything; what needs the issuer or the store is a promise.
 */
export class Client {
  readonly #contact: Contact;
  readonly #device: string;
  #summary: LicenseSummary | null = null;
  /** Which change {@link Contact} had counted when the summary was read. */
  #readAt = -1;
  #told: Code | undefined;

  /**
   * Loads the WebAssembly module and what the store holds. It asks nobody yet.
   *
   * @throws {@link PaidupError} `INVALID_ARGUMENT` where nothing is pinned or an address
   * is not https; `UNSUPPORTED_RUNTIME` and `NETWORK` as {@link load}.
   */
  static async open(options: ClientOptions): Promise<Client> {
    return Client.#open(own(options));
  }

  static async #open(options: ClientOptions): Promise<Client> {
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
    let stored = textsOf(undefined);
    try {
      stored = textsOf(await store.load());
    } catch {
      // What cannot be read is not there; that nothing can be written will be told.
    }
    const device = options.fingerprint ?? stored.device ?? `device:${text(random())}`;
    ask(() => {
      const { deviceName, platform = browser(), class: kind = "web" } = options;
      setup.device(device, deviceName, platform, kind);
    });
    const core = new Installation(setup, stored.state, stored.witness);
    const { clock = () => new Date(), onEvent = () => undefined } = options;
    const contact = new Contact(name, { core, transport, store, device, clock, onEvent });
    return new Client(contact, device);
  }

  private constructor(contact: Contact, device: string) {
    this.#contact = contact;
    this.#device = device;
  }

  /** What holds now, from what is in hand. */
  check(): Answer {
    const now = this.#contact.now();
    const code = ask(() => this.#core.check(now)) as Code;
    const usable = ask(() => this.#core.usable(now));
    if (code !== this.#told) {
      this.#told = code;
      this.#contact.tell();
    }
    if (this.#readAt !== this.#contact.changes) {
      this.#readAt = this.#contact.changes;
      this.#summary = this.#read();
    }
    return { code, usable, license: this.#summary };
  }

  /** Whether the license is usable now and has this entitlement. */
  allows(entitlement: string): boolean {
    return ask(() => this.#core.allows(entitlement, this.#contact.now()));
  }

  /** Each check of the license, the claim that decided, and the next step. */
  explain(): Explanation {
    return explanationOf(ask(() => this.#core.explain(this.#contact.now())));
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
    return this.#contact.inTurn(async () => {
      const request = ask(() => this.#core.activate(key, random()));
      await this.#contact.carry(request);
      return this.check();
    });
  }

  /**
   * Has the issuer confirm the license now.
   *
   * @throws {@link PaidupError}. What held before still holds.
   */
  refresh(): Promise<Answer> {
    return this.#contact.inTurn(async () => {
      await this.#contact.refresh();
      return this.check();
    });
  }

  /**
   * Gives this machine's seat back, and forgets the license and its key.
   *
   * @throws {@link PaidupError}; then the license stays as it was.
   */
  deactivate(): Promise<void> {
    return this.#contact.inTurn(async () => {
      const listed = await this.#contact.carry(ask(() => this.#core.deactivate()));
      if (listed === undefined) return;
      // The seat's id was not known. Where it has none, nothing is left to free.
      if (this.#core.knowsItsSeat()) await this.#contact.carry(ask(() => this.#core.deactivate()));
      else this.#core.forget();
      await this.#contact.settle();
    });
  }

  /** Forgets the license and its key here, and leaves its seat taken. */
  forget(): Promise<void> {
    return this.#contact.inTurn(async () => {
      this.#core.forget();
      await this.#contact.settle();
    });
  }

  /**
   * The machines that have a seat; where there is no license here yet, of the one whose
   * key has just found every seat taken.
   */
  machines(): Promise<Machine[]> {
    return this.#contact.inTurn(async () => {
      const listed = await this.#contact.carry(ask(() => this.#core.machines()));
      return (JSON.parse(listed ?? "[]") as MachineJson[]).map(machineOf);
    });
  }

  /** Frees the seat of a machine, by the id that {@link machines} or an error names. */
  free(machine: string): Promise<void> {
    return this.#contact.inTurn(async () => {
      await this.#contact.carry(ask(() => this.#core.free(machine)));
    });
  }

  /** A request to carry to the issuer by hand: with a key to activate, without to renew. */
  offlineRequest(key?: string): Promise<string> {
    return this.#contact.inTurn(async () => {
      const request = ask(() => this.#core.offlineRequest(key, random()));
      await this.#contact.settle();
      return request;
    });
  }

  /** Takes the response to the latest offline request, or a license file. */
  offlineInstall(file: string): Promise<Answer> {
    return this.#contact.inTurn(async () => {
      ask(() => this.#core.offlineInstall(file, this.#contact.now()));
      await this.#contact.settle();
      return this.check();
    });
  }

  /** Forgets the license, and makes the receipt that frees its seat at the issuer. */
  offlineDeactivation(): Promise<string> {
    return this.#contact.inTurn(async () => {
      const receipt = ask(() => this.#core.offlineDeactivation(random()));
      await this.#contact.settle();
      return receipt;
    });
  }

  /**
   * Keeps the license fresh from now on, until {@link stopRefreshing}: when a refresh is
   * due, when the page is seen again, when the network comes back. Twice is once.
   */
  startRefreshing(): void {
    this.#contact.rhythm.start();
  }

  /** Stops what {@link startRefreshing} has started. */
  stopRefreshing(): void {
    this.#contact.rhythm.stop();
  }

  /** Stops everything. The client must not be used any more. */
  close(): void {
    this.#contact.close();
  }

  get #core(): Installation {
    return this.#contact.core;
  }

  #read(): LicenseSummary | null {
    const json = ask(() => this.#core.summary(this.#contact.now()));
    return json === undefined ? null : summaryOf(json);
  }
}
