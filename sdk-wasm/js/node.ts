/**
 * What a program under Node needs besides: a file to keep its license in.
 *
 * @packageDocumentation
 */
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { randomUUID } from "node:crypto";
import type { Store, Stored } from "./store.js";
import { textsOf } from "./store.js";

/** No file of ours is larger, in bytes. */
const MAX_FILE = 256 * 1024;

/**
 * Keeps the license in a folder of the app's choice, as `license.json`, readable by its
 * owner alone, and what a second place remembers in another folder, if one is given.
 * Files are replaced as a whole.
 */
export function fileStore(folder: string, witnessFolder: string = folder): Store {
  const file = join(folder, "license.json");
  const witnessFile = join(witnessFolder, "license.seen.json");
  return {
    load: async () => {
      const [stored, seen] = await Promise.all([read(file), read(witnessFile)]);
      return { ...stored, ...(seen.witness !== undefined && { witness: seen.witness }) };
    },
    save: async (stored) => {
      await write(file, stored);
      const { witness } = stored;
      // The file knows all that the witness does.
      await write(witnessFile, witness === undefined ? {} : { witness }).catch(() => undefined);
    },
  };
}

async function read(file: string): Promise<Stored> {
  try {
    const text = await readFile(file, { encoding: "utf8" });
    return text.length > MAX_FILE ? {} : textsOf(JSON.parse(text));
  } catch {
    // Not there, or not ours.
    return {};
  }
}

async function write(file: string, stored: Stored): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomUUID()}`;
  try {
    const handle = await open(draft, "wx", 0o600);
    try {
      await handle.writeFile(JSON.stringify(stored));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
