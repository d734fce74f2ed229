#!/usr/bin/env bash
# Packages: Authlib 1.9.10 and joserfc 1.8.0 (PyPI)
#
# Behaviour: `JWTBearerTokenValidator` of Authlib (RFC 9068) refuses an access token whose `roles`, `groups` or `entitlements` is
# an empty list, though it declares them as not essential: joserfc takes an empty list for a claim that is blank, and a blank
# claim for invalid unless it has `allow_blank`.
#
# Seen: see `expected` below.
#
# Expected instead: RFC 9068, section 2.2.3.1, gives the attributes of RFC 7643, whose section 2.5 says that an empty array is the
# same as an attribute that is not there.
#
# Why it matters here: an authorization server that always says which roles somebody has says so of whoever has none. An API
# that asks for no role then answers 401 `invalid_token` to those alone, "expired, revoked, malformed, or invalid for other
# reasons".
#
# Right handling: `allow_blank` in the options of the token before it is validated (the last line).
#
# Exits 0 if the behaviour is as described, 1 if it has changed, 2 if the packages could not be installed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

{ python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check Authlib==1.9.10 joserfc==1.8.0; } ||
  { echo 'The packages could not be installed.' >&2; exit 2; }

cat > run.py <<'PY'
import time

from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

keys = KeySet([ECKey.generate_key("P-256", {"kid": "1"})])
issuer, api = "https://as.example", "https://api.example"


class Validator(JWTBearerTokenValidator):
    def get_jwks(self):
        return keys


class Lenient(Validator):
    def authenticate_token(self, token_string):
        token = super().authenticate_token(token_string)
        for name in "roles", "groups", "entitlements":
            token.options[name]["allow_blank"] = True
        return token


def verify(claims, validator=Validator):
    now = int(time.time())
    claims = {"iss": issuer, "aud": api, "sub": "ada", "client_id": "app", "jti": "1", "iat": now, "exp": now + 600, **claims}
    token = jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": "1"}, claims, keys)
    checker = validator(issuer, api)
    try:
        checker.validate_token(checker.authenticate_token(token), [], None)
        return "valid"
    except Exception as error:
        return f"{error.error}, for {error.__cause__}"


print("no roles:", verify({}))
print("a role:", verify({"roles": ["editor"]}))
for name in "roles", "groups", "entitlements":
    print(f"an empty list of {name}:", verify({name: []}))
print("an empty list of roles, with allow_blank:", verify({"roles": []}, Lenient))
PY

expected="no roles: valid
a role: valid
an empty list of roles: invalid_token, for invalid_claim: Invalid claim: 'roles'
an empty list of groups: invalid_token, for invalid_claim: Invalid claim: 'groups'
an empty list of entitlements: invalid_token, for invalid_claim: Invalid claim: 'entitlements'
an empty list of roles, with allow_blank: valid"

seen=$(venv/bin/python run.py)
echo "$seen"
if [ "$seen" != "$expected" ]; then
  printf 'The behaviour has changed. Expected:\n%s\n' "$expected" >&2
  exit 1
fi
