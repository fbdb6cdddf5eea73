/** As `index`, with the module's bytes read from the disk. */
import { readFile } from "node:fs/promises";
import { findModule } from "./load.js";

findModule(() => readFile(new URL("./core/core_bg.wasm", import.meta.url)));

export * from "./index.js";
