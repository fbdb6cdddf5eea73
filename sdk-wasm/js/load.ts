import init, { type InitInput } from "./core/core.js";
import { PaidupError, misuse } from "./error.js";

/** Where the WebAssembly module is: its address, its bytes, or compiled. */
export type ModuleSource = string | URL | Response | BufferSource | WebAssembly.Module;

let source: () => ModuleSource | Promise<ModuleSource> = () =>
  new URL("./core/core_bg.wasm", import.meta.url);

let loading: Promise<void> | undefined;
let loaded = false;

/** Where the module is found by itself: another place in Node than on a page. */
export function findModule(there: typeof source): void {
  source = there;
}

/**
 * Loads the WebAssembly module, once. {@link Client.open} and {@link Verifier.load} do
 * it themselves.
 *
 * @param from - Where the module is, if not beside this package's files.
 * @throws {@link PaidupError} `UNSUPPORTED_RUNTIME` where WebAssembly may not run,
 * `NETWORK` where the module cannot be fetched. It can be tried again.
 */
export async function load(from?: ModuleSource): Promise<void> {
  loading ??= instantiate(from).then(
    () => {
      loaded = true;
    },
    (error: unknown) => {
      loading = undefined;
      throw error;
    },
  );
  return loading;
}

/** @throws {@link PaidupError} where nobody has waited for {@link load}. */
export function mustBeLoaded(): void {
  if (!loaded) {
    throw misuse("the WebAssembly module is not loaded yet: wait for load() first");
  }
}

async function instantiate(from: ModuleSource | undefined): Promise<void> {
  if (typeof WebAssembly !== "object") {
    throw unsupported();
  }
  let module: InitInput;
  try {
    const found = await (from ?? source());
    module = typeof found === "string" || found instanceof URL ? await fetched(found) : found;
  } catch (cause) {
    throw new PaidupError(
      "NETWORK",
      `the WebAssembly module could not be loaded: ${sentence(cause)}`,
      "Check the connection and try again; the vendor should see that the file is served.",
      { cause },
    );
  }
  try {
    await init({ module_or_path: module });
  } catch (cause) {
    throw unsupported(cause);
  }
}

/** The whole of it: what is not WebAssembly is to be told from what may not run. */
async function fetched(address: string | URL): Promise<ArrayBuffer> {
  const response = await fetch(address);
  const bytes = await response.arrayBuffer();
  const magic = new Uint8Array(bytes.slice(0, 4));
  if (!response.ok || magic.join() !== "0,97,115,109") {
    throw new TypeError(`${String(address)} is no WebAssembly module (HTTP status ${response.status})`);
  }
  return bytes;
}

function unsupported(cause?: unknown): PaidupError {
  const why = cause === undefined ? "this runtime has no WebAssembly" : sentence(cause);
  return new PaidupError(
    "UNSUPPORTED_RUNTIME",
    `WebAssembly may not run here: ${why}`,
    "Allow 'wasm-unsafe-eval' in the page's Content-Security-Policy, or use another browser.",
    { cause },
  );
}

/** What somebody else's error says. */
export function sentence(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
