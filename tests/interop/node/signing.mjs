// The official Stripe library signs; the running issuer answers. Takes
// {"url", "secret", "now"}, and prints how many requests were answered as they
// should be.

import assert from "node:assert/strict";
import Stripe from "stripe";
import { given } from "./input.mjs";

const { url, secret, now } = given;
const { webhooks } = new Stripe("sk_test_never_sent");

const event = (id) =>
  JSON.stringify({
    id,
    object: "event",
    api_version: "2026-10-28.endive",
    created: now,
    livemode: false,
    type: "balance.available",
    data: { object: { object: "balance" } },
  });

const sign = (payload, secret, timestamp) =>
  webhooks.generateTestHeaderString({ payload, secret, timestamp });

const post = async (payload, signature) => {
  const headers = { "stripe-signature": signature, "content-type": "application/json" };
  const reply = await fetch(url, { method: "POST", headers, body: payload });
  return [reply.status, await reply.json()];
};

const good = event("evt_node_good");
// What is posted is what the library itself would accept.
webhooks.constructEvent(good, sign(good, secret, now), secret, Infinity);

const cases = [
  [200, good, sign(good, secret, now)],
  [400, event("evt_node_1"), sign(event("evt_node_1"), "whsec_wrong", now)],
  [400, `${event("evt_node_2")} `, sign(event("evt_node_2"), secret, now)],
  [400, event("evt_node_3"), sign(event("evt_node_3"), secret, now - 301)],
];
for (const [expected, payload, signature] of cases) {
  const [status, body] = await post(payload, signature);
  assert.equal(status, expected, JSON.stringify(body));
  if (expected !== 200) assert.equal(body.code, "SIGNATURE_INVALID");
}
console.log(cases.length);
