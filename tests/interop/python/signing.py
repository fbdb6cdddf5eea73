"""The official Stripe library signs; the running issuer answers.

Reads {"url", "secret", "now"} from standard input, and prints how many requests
were answered as they should be.
"""

import json
import sys
import urllib.error
import urllib.request

import stripe

given = json.load(sys.stdin)
URL, SECRET, NOW = given["url"], given["secret"], given["now"]


def event(name):
    return json.dumps(
        {
            "id": name,
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": NOW,
            "livemode": False,
            "type": "balance.available",
            "data": {"object": {"object": "balance"}},
        }
    )


def sign(payload, secret, at):
    signature = stripe.WebhookSignature._compute_signature(f"{at}.{payload}", secret)
    return f"t={at},v1={signature}"


def post(payload, header):
    request = urllib.request.Request(
        URL, payload.encode(), {"Stripe-Signature": header, "Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


good = event("evt_python_good")
# What is posted is what the library itself would accept.
stripe.Webhook.construct_event(good, sign(good, SECRET, NOW), SECRET, tolerance=None)

cases = [
    (200, good, sign(good, SECRET, NOW)),
    (400, event("evt_python_1"), sign(event("evt_python_1"), "whsec_wrong", NOW)),
    (400, event("evt_python_2") + " ", sign(event("evt_python_2"), SECRET, NOW)),
    (400, event("evt_python_3"), sign(event("evt_python_3"), SECRET, NOW - 301)),
]
for number, (expected, payload, header) in enumerate(cases):
    status, body = post(payload, header)
    assert status == expected, (number, status, body)
    assert expected == 200 or body["code"] == "SIGNATURE_INVALID", (number, body)
print(len(cases))
