#!/usr/bin/env bash
# Package: python-jose 3.5.0 (PyPI), with cryptography 46.0.3
#
# Behaviour: `jwt.decode` takes a whole JWK Set, and then tries its keys in their order. The `kid` of the token, and `kid` and
# `alg` of the keys, are not looked at, and the first key whose `kty` is not that of the token's `alg` ends it with a JWKError.
#
# Seen: see `expected` below: of an issuer with an RSA and an EC key only what is signed by the first one can be verified.
#
# Expected instead: RFC 7515, section 4.1.4: the `kid` of the header "is used to match a JWK 'kid' parameter value". RFC 7517,
# section 5: keys of a set that are not understood are ignored.
#
# Why it matters here: an authorization server that signs ID tokens by RS256 and access tokens by ES256, or is about to turn
# from one to the other, has both keys in its set. Which of the two every application refuses then depends on their order, and
# the error does not look like a signature that is wrong.
#
# Right handling: choose the key by the token's `kid` first, and give that one alone (`get_unverified_header`, the last line);
# or a server keeps to one `alg`.
#
# Exits 0 if the behaviour is as described, 1 if it has changed, 2 if the packages could not be installed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

{ python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check python-jose==3.5.0 cryptography==46.0.3; } ||
  { echo 'The packages could not be installed.' >&2; exit 2; }

cat > run.py <<'PY'
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jose import jwk, jwt

made = {"RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048), "ES256": ec.generate_private_key(ec.SECP256R1())}
pems, keys = {}, {}
for alg, key in made.items():
    pems[alg] = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    keys[alg] = {**jwk.construct(pems[alg], alg).public_key().to_dict(), "kid": alg, "use": "sig"}


def verify(token, key):
    try:
        jwt.decode(token, key, algorithms=["RS256", "ES256"])
        return "verified"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


for order in ["RS256", "ES256"], ["ES256", "RS256"]:
    for alg in made:
        token = jwt.encode({"sub": "ada"}, pems[alg], algorithm=alg, headers={"kid": alg})
        print(f"{alg} by {' and '.join(order)}: {verify(token, {'keys': [keys[kid] for kid in order]})}")
print(f"{alg} by its kid: {verify(token, keys[jwt.get_unverified_header(token)['kid']])}")
PY

expected="RS256 by RS256 and ES256: verified
ES256 by RS256 and ES256: JWKError: Incorrect key type. Expected: 'EC', Received: RSA
RS256 by ES256 and RS256: JWKError: Incorrect key type. Expected: 'RSA', Received: EC
ES256 by ES256 and RS256: verified
ES256 by its kid: verified"

seen=$(venv/bin/python run.py)
echo "$seen"
if [ "$seen" != "$expected" ]; then
  printf 'The behaviour has changed. Expected:\n%s\n' "$expected" >&2
  exit 1
fi
