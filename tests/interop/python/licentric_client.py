"""The guide's own published client, unmodified, against our issuer."""

import json
import sys
from base64 import b64encode, urlsafe_b64decode

from licentric import Licentric
from licentric.exceptions import LicentricError

given = json.load(sys.stdin)
checks = 0


def check(holds, what):
    global checks
    checks += 1
    if not holds:
        sys.exit(f"not so: {what}")


client = Licentric(given["apiKey"], base_url=given["url"], max_retries=0, cache_ttl=0)
key, machine = given["key"], "licentric-machine"

result = client.validate(key=key)
check(result.valid and result.code == "VALID", "the key is valid")
check(result.has_entitlement("export"), "it has its entitlements")
check(client.validate(key=key, fingerprint=machine).code == "FINGERPRINT_NOT_FOUND", "not yet")

active = client.activate(key=key, fingerprint=machine, name="Workstation", platform="linux")
check(active.fingerprint == machine and active.name == "Workstation", "it is activated")
check(client.validate(key=key, fingerprint=machine).valid, "and known")
client.heartbeat(machine_id=active.id, key=key)

license = client.get_license(given["license"])
check(license.status == "active" and license.policy.name == "growth_policy", "the whole license")
check([it.id for it in license.machines] == [active.id], "with its machine")
check(license.machines[0].heartbeat_status == "ALIVE", "which is alive")
check(client.get_license_by_key(key).id == given["license"], "by its key too")

file = client.checkout(given["license"], fingerprint=machine, ttl=86_400)
check(file.ttl == 86_400 and file.license.id == given["license"], "a license file")

# The public key as DER, RFC 8410: what the client takes.
public = bytes.fromhex("302a300506032b6570032100") + urlsafe_b64decode(given["x"] + "=")
public = b64encode(public).decode()
offline = Licentric.verify_offline(file.certificate.encode(), public)
check(offline.valid and offline.signature_valid and not offline.expired, "it verifies offline")
check(offline.header["version"] == 1, "its header")
body = file.certificate.splitlines()[1]
changed = file.certificate.replace(body[200], "A" if body[200] != "A" else "B", 1)
check(not Licentric.verify_offline(changed.encode(), public).valid, "a changed one does not")

client.deactivate(machine_id=active.id, key=key)
check(client.get_license(given["license"]).machines == [], "the seat is free again")
try:
    client.get_license("lic_nowhere")
    check(False, "no such license")
except LicentricError as error:
    check(error.code == "NOT_FOUND", "no such license")

# What the Rust side verifies with our own SDK.
print(json.dumps({"checks": checks, "file": file.certificate}))
