// A client opens and answers whatever of its surroundings is missing or refuses.
import { Client, load, memoryStore } from "paidup";
import { check, done } from "./given.mjs";

await load();
const app = {
  issuer: "https://licenses.example.com",
  product: "notes",
  keys: ["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"],
};

/** What a client answers where this has taken the place of a global. */
async function code(name, replaced, options = { store: memoryStore() }) {
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, { value: replaced, configurable: true, writable: true });
  try {
    const client = await Client.open({ ...app, ...options });
    const { code } = client.check();
    client.close();
    return code;
  } finally {
    if (before === undefined) delete globalThis[name];
    else Object.defineProperty(globalThis, name, before);
  }
}

class Refused {
  constructor() {
    throw new DOMException("The operation is insecure.", "SecurityError");
  }
}

for (const [name, replaced] of [
  ["BroadcastChannel", undefined],
  ["BroadcastChannel", Refused],
  ["navigator", undefined],
  ["fetch", undefined],
  ["AbortSignal", undefined],
  ["document", undefined],
]) {
  check.same(await code(name, replaced), "NO_LICENSE", name);
}
const store = {
  load: () => {
    throw new Error("not there");
  },
  save: () => Promise.reject(new Error("full")),
};
check.same(await code("fetch", undefined, { store }), "NO_LICENSE");
done();
