// Options are what an app has given: nothing that it inherits pins a key or weakens a check.
import { readFile } from "node:fs/promises";
import { Client, PaidupError, Verifier, load, memoryStore } from "paidup";
import { check, done } from "./given.mjs";

await load();
const text = await readFile(new URL("../../sdk/token_cases.json", import.meta.url), "utf8");
const { base_context: base, cases } = JSON.parse(text);
const { token } = cases.find((it) => it.expect.includes("VALID"));
const [hex] = Object.values(base.keyset);
const x = Buffer.from(hex, "hex").toString("base64url");
const now = new Date(base.now * 1000);
const app = { issuer: base.issuer, product: base.product };
const url = "http://licenses.example.com";

/** The code of what came of it, where these are in `Object.prototype`. */
async function code(inherited, work) {
  Object.assign(Object.prototype, inherited);
  try {
    return (await work()) ?? "DONE";
  } catch (error) {
    return error instanceof PaidupError ? error.code : String(error);
  } finally {
    for (const name of Object.keys(inherited)) delete Object.prototype[name];
  }
}

const verify = (options, seen) => () => new Verifier({ ...app, ...options }).verify(token, now, seen).standing;
const open = (options) => () =>
  Client.open({ ...app, store: memoryStore(), ...options }).then((it) => it.close());
const machine = { fingerprint: base.fingerprint };

check.same(await code({}, verify({ keys: [x], ...machine })), "VALID");
check.same(await code({}, verify({ keys: [{ x }], anyMachine: true })), "VALID");
check.same(await code({}, open({ keys: [x] })), "DONE");

for (const pinned of [{ keys: [x] }, { roots: [x] }]) {
  check.same(await code(pinned, verify(machine)), "INVALID_ARGUMENT");
  check.same(await code(pinned, open({})), "INVALID_ARGUMENT");
}
// Another key is pinned, which the token's does not join.
const other = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const pinned = x === other ? "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw" : other;
check.same(await code({ keys: [x] }, verify({ roots: [pinned], ...machine })), "UNKNOWN_KEY");

check.same(await code({ anyMachine: true }, verify({ keys: [x] })), "FINGERPRINT_MISMATCH");
check.same(await code(machine, verify({ keys: [x] })), "FINGERPRINT_MISMATCH");
check.same(await code({ test: true }, verify({ keys: [x], ...machine })), "VALID");
check.same(await code({ x }, verify({ keys: [{}], ...machine })), "INVALID_ARGUMENT");
check.same(await code({ products: ["other"] }, verify({ keys: [{ x }], ...machine })), "VALID");
check.same(await code({ seq: 2 ** 40 }, verify({ keys: [x], ...machine }, {})), "VALID");
check.same(await code({ dangerAllowHttp: true }, open({ keys: [x], url })), "INVALID_ARGUMENT");
check.same(await code({ url }, open({ keys: [x] })), "DONE");

// What a store has loaded, too.
const empty = { load: async () => ({}), save: async () => undefined };
const device = await code({ device: "device:theirs" }, async () => {
  const client = await Client.open({ ...app, keys: [x], store: empty });
  client.close();
  return client.deviceId;
});
check.that(device !== "device:theirs", device);
done();
