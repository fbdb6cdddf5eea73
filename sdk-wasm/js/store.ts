import { own } from "./own.js";

/** What is kept between two visits. Each part is a text, and each may be absent. */
export interface Stored {
  /** The id that this package has made for this browser. */
  device?: string;
  /** The license, with its key. A secret. */
  state?: string;
  /** What a second place remembers, so that an older state that is put back shows. */
  witness?: string;
}

/**
 * Where it is kept. Nothing that a store does makes a license unusable: what cannot be
 * read is not there, and what cannot be written is told as an event.
 */
export interface Store {
  /** What is there; nothing, where nothing was saved yet. Rejects where it cannot be read. */
  load(): Promise<Stored | null | undefined>;
  /** Writes all of it. Rejects where it was not written. */
  save(stored: Stored): Promise<void>;
}

const PARTS = ["device", "state", "witness"] as const;

/** Forgets everything with the page: for tests, and for apps that keep nothing. */
export function memoryStore(): Store {
  let kept: Stored = {};
  return {
    load: async () => ({ ...kept }),
    save: async (stored) => {
      kept = { ...stored };
    },
  };
}

/** `localStorage`: for pages. Workers have none. */
export function localStorageStore(name: string): Store {
  const key = (part: string) => `paidup:${name}:${part}`;
  return {
    load: async () => {
      const stored: Stored = {};
      for (const part of PARTS) {
        const text = localStorage.getItem(key(part));
        if (text !== null) stored[part] = text;
      }
      return stored;
    },
    save: async (stored) => {
      for (const part of PARTS) {
        const text = stored[part];
        if (text === undefined) localStorage.removeItem(key(part));
        else localStorage.setItem(key(part), text);
      }
    },
  };
}

/** IndexedDB: for pages and for workers of one site, which then share the license. */
export function indexedDbStore(name: string): Store {
  const open = () =>
    new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(`paidup:${name}`, 1);
      request.onupgradeneeded = () => request.result.createObjectStore("stored");
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
      request.onblocked = () => reject(new Error("the database is in use by an older page"));
    });
  const within = async <T>(
    mode: IDBTransactionMode,
    work: (records: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> => {
    const database = await open();
    try {
      return await new Promise<T>((resolve, reject) => {
        const transaction = database.transaction("stored", mode);
        const request = work(transaction.objectStore("stored"));
        transaction.oncomplete = () => resolve(request.result);
        transaction.onabort = () => reject(transaction.error);
        transaction.onerror = () => reject(transaction.error);
      });
    } finally {
      database.close();
    }
  };
  return {
    load: async () => {
      const found: unknown = await within("readonly", (records) => records.get("all"));
      return textsOf(found);
    },
    save: async (stored) => {
      await within("readwrite", (records) => records.put({ ...stored }, "all"));
    },
  };
}

/**
 * What {@link Client.open} uses in a browser: the state in IndexedDB and the witness in
 * `localStorage`, where there is one; and each takes the other's part where only one of
 * them works.
 */
export function browserStore(name: string): Store {
  const first = indexedDbStore(name);
  const second = localStorageStore(name);
  return {
    load: async () => {
      const [one, two] = await Promise.allSettled([first.load(), second.load()]);
      if (one.status === "rejected" && two.status === "rejected") throw one.reason;
      const a = one.status === "fulfilled" ? one.value : undefined;
      const b = two.status === "fulfilled" ? two.value : undefined;
      // The second has a state only where the first could not be written since.
      return { ...a, ...b };
    },
    save: async ({ device, state, witness }) => {
      const part = device === undefined ? {} : { device };
      const whole: Stored = { ...part, ...(state !== undefined && { state }) };
      const seen: Stored = { ...part, ...(witness !== undefined && { witness }) };
      try {
        await first.save(whole);
      } catch {
        await second.save({ ...whole, ...seen });
        return;
      }
      // The state knows all that the witness does.
      await second.save(seen).catch(() => first.save({ ...whole, ...seen }));
    },
  };
}

/** Somebody else may have written there. */
export function textsOf(found: unknown): Stored {
  const stored = own<Stored>({});
  if (typeof found === "object") {
    const parts = own(found as Record<string, unknown> | null);
    for (const part of PARTS) {
      const text = parts[part];
      if (typeof text === "string") stored[part] = text;
    }
  }
  return stored;
}
