"""The reference library of Standard Webhooks verifies what we deliver.

Reads {"secret", "headers", "body"} from standard input, and prints how many checks
came out as they should.
"""

import json
import sys

from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

given = json.load(sys.stdin)
webhook = Webhook(given["secret"])
received = webhook.verify(given["body"], given["headers"])
assert received["type"] == "license.created", received

changed = [
    (given["body"] + " ", given["headers"]),
    (given["body"], {**given["headers"], "webhook-id": "evt_other"}),
    (given["body"], {**given["headers"], "webhook-signature": "v1,AAAA"}),
]
for body, headers in changed:
    try:
        webhook.verify(body, headers)
    except WebhookVerificationError:
        continue
    raise AssertionError("a changed webhook was accepted")
print(1 + len(changed))
