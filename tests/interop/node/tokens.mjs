// jose verifies our tokens against the published JWKS. Takes {"jwks", "issuer",
// "token"}, and prints how many checks came out as they should.

import assert from "node:assert/strict";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";
import { given } from "./input.mjs";

const { issuer, token } = given;
const keys = createRemoteJWKSet(new URL(given.jwks));
const rules = { issuer, audience: "notes", typ: "license+jwt", algorithms: ["EdDSA"] };

const { payload, protectedHeader } = await jwtVerify(token, keys, rules);
assert.equal(payload.status, "active");
assert.ok(payload.entitlements.includes("export"));
assert.equal(protectedHeader.typ, "license+jwt");

const [head, body, signature] = token.split(".");
const flipped = signature[10] === "A" ? "B" : "A";
const forged = `${head}.${body}.${signature.slice(0, 10)}${flipped}${signature.slice(11)}`;
const later = new Date((payload.exp + 1) * 1000);
const refused = [
  [forged, rules, errors.JWSSignatureVerificationFailed],
  [token, { ...rules, audience: "another" }, errors.JWTClaimValidationFailed],
  [token, { ...rules, issuer: "https://elsewhere.example.com" }, errors.JWTClaimValidationFailed],
  [token, { ...rules, currentDate: later }, errors.JWTExpired],
];
for (const [text, rules, error] of refused) {
  await assert.rejects(jwtVerify(text, keys, rules), error);
}
console.log(1 + refused.length);
