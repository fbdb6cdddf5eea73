// Every token gets the code that it gets in Rust.
import { readFile } from "node:fs/promises";
import { PaidupError, Verifier, load } from "paidup";
import { check, done, given } from "./given.mjs";

await load();
const { cases, changed } = given;
const base = cases.base_context;
const base64url = (hex) => Buffer.from(hex, "hex").toString("base64url");
const date = (seconds) => new Date(seconds * 1000);
const seen = { seq: base.highest_seen_seq, time: date(base.highest_seen_time) };

const verifier = ({ revoked = [], key_not_after } = {}) =>
  new Verifier({
    issuer: base.issuer,
    product: base.product,
    fingerprint: base.fingerprint,
    keys: Object.values(base.keyset).map((hex) => ({
      x: base64url(hex),
      ...(key_not_after && { notAfter: date(key_not_after) }),
    })),
    revoked,
  });

function code(verifier, token, now) {
  try {
    return verifier.verify(token, now, seen).standing;
  } catch (error) {
    if (!(error instanceof PaidupError)) throw error;
    return error.code;
  }
}

for (const it of cases.cases) {
  const { context = {} } = it;
  const now = date(context.now ?? base.now);
  // JavaScript has no such date: what is no time is refused as that.
  const expected = Number.isNaN(now.getTime()) ? ["INVALID_ARGUMENT"] : it.expect;
  const found = code(verifier(context), it.token, now);
  check.that(expected.includes(found), `${it.name}: ${found} is not ${expected}`);
}

const declared = await readFile(
  new URL("codes.d.ts", import.meta.resolve("paidup")),
  "utf8",
);
const words = [...declared.matchAll(/"([A-Z_]+)"/g)].map((it) => it[1]);
check.same([...new Set(words)].sort(), [...given.codes].sort(), "the codes that TypeScript knows");

const usual = verifier();
for (const [token, expected] of changed) {
  check.same(code(usual, token, date(base.now)), expected, token);
}
done();
