"""PyJWT verifies our tokens against the published JWKS.

Reads {"jwks", "issuer", "token"} from standard input, and prints how many checks
came out as they should.
"""

import json
import sys

import jwt

given = json.load(sys.stdin)
token = given["token"]
key = jwt.PyJWKClient(given["jwks"]).get_signing_key_from_jwt(token)


def decode(text, audience="notes", issuer=given["issuer"]):
    return jwt.decode(
        text,
        key,
        algorithms=["EdDSA"],
        audience=audience,
        issuer=issuer,
        options={"require": ["exp", "iat", "sub", "jti"]},
    )


claims = decode(token)
assert claims["status"] == "active", claims
assert "export" in claims["entitlements"], claims

head, body, signature = token.split(".")
flipped = "A" if signature[10] != "A" else "B"
refused = [
    (lambda: decode(f"{head}.{body}.{signature[:10]}{flipped}{signature[11:]}"), jwt.InvalidSignatureError),
    (lambda: decode(token, audience="another"), jwt.InvalidAudienceError),
    (lambda: decode(token, issuer="https://elsewhere.example.com"), jwt.InvalidIssuerError),
]
for attempt, error in refused:
    try:
        attempt()
    except error:
        continue
    raise AssertionError(f"{error.__name__} was not raised")
print(1 + len(refused))
