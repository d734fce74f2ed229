#!/usr/bin/env bash
# Package: requests_oauth2client 1.8.0 (PyPI)
#
# Behaviour: `authorization_code` for an authorization request with `dpop=True` and the scope `openid` sends its proof, is given
# a DPoP-bound access token and an ID token, checks the ID token, and then raises a TypeError of its own. The same answer to the
# same request without `openid`, and with `validate=False`, is taken.
#
# Seen: see `expected` below.
#
# Expected instead: RFC 9449, section 5: a client of OpenID Connect has an ID token beside a DPoP-bound access token as beside
# any other.
#
# Why it matters here: the code is used up and the tokens are issued when the error comes, which names neither DPoP nor the
# ID token, but a missing argument `_dpop_key`. At the server all went well.
#
# Right handling: `authorization_code(…, validate=False)`, and the ID token is checked apart from that.
#
# Exits 0 if the behaviour is as described, 1 if it has changed, 2 if the package could not be installed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

{ python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check requests_oauth2client==1.8.0; } ||
  { echo 'The package could not be installed.' >&2; exit 2; }

cat > run.py <<'PY'
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

from jwskate import Jwk, Jwt
from requests_oauth2client import OAuth2Client

key = Jwk.generate_for_alg("ES256").with_kid_thumbprint()


class TokenEndpoint(BaseHTTPRequestHandler):
    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        nonce = form["code"][0]
        proven = self.headers["DPoP"] is not None
        now = int(time.time())
        claims = {"iss": issuer, "sub": "ada", "aud": "app", "iat": now, "exp": now + 600, "nonce": nonce}
        answer = {"access_token": "a", "token_type": "DPoP" if proven else "Bearer", "expires_in": 600}
        if nonce != "no-openid":
            answer["id_token"] = str(Jwt.sign(claims, key, alg="ES256"))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), TokenEndpoint)
issuer = f"http://127.0.0.1:{server.server_port}"
threading.Thread(target=server.serve_forever, daemon=True).start()
client = OAuth2Client(
    token_endpoint=f"{issuer}/token", authorization_endpoint=f"{issuer}/authorize", issuer=issuer, client_id="app",
    client_secret="secret", redirect_uri="https://app.example.com/", authorization_server_jwks={"keys": [key.public_jwk().to_dict()]},
    id_token_signed_response_alg="ES256", testing=True)


def sign_in(scope, dpop, validate=True):
    request = client.authorization_request(scope=scope, dpop=dpop)
    code = request.nonce or "no-openid"
    back = request.validate_callback(f"https://app.example.com/?code={code}&state={request.state}&iss={issuer}")
    try:
        return client.authorization_code(back, validate=validate).token_type
    except Exception as error:
        return f"{type(error).__name__}: {error}"


print("openid, bearer:", sign_in("openid", False))
print("courses, DPoP:", sign_in("courses", True))
print("openid, DPoP:", sign_in("openid", True))
print("openid, DPoP, not validated:", sign_in("openid", True, validate=False))
PY

expected="openid, bearer: Bearer
courses, DPoP: DPoP
openid, DPoP: TypeError: DPoPToken.__init__() missing 1 required keyword-only argument: '_dpop_key'
openid, DPoP, not validated: DPoP"

seen=$(venv/bin/python run.py)
echo "$seen"
if [ "$seen" != "$expected" ]; then
  printf 'The behaviour has changed. Expected:\n%s\n' "$expected" >&2
  exit 1
fi
