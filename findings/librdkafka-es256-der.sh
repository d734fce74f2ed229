#!/usr/bin/env bash
# Package: librdkafka 2.14.2 (Debian forky), as kcat 1.7.1 has it, in a Debian of its own (root, debootstrap)
#
# Behaviour: with `sasl.oauthbearer.grant.type=urn:ietf:params:oauth:grant-type:jwt-bearer` and
# `sasl.oauthbearer.assertion.algorithm=ES256` the assertion's signature is what OpenSSL gives, a DER sequence of 70 to 72
# bytes. RFC 7518 3.4 has the two numbers one after the other, 64 bytes.
#
# Seen: see `expected` below.
#
# Why it matters here: an authorization server that verifies as the RFC says refuses every such assertion, and the client
# is told that its signature is wrong, where key and claims are right.
#
# Right handling: RS256, with an RSA key. A server that took DER as well would take two spellings of one signature.
#
# Exits 0 if the behaviour is as described, 1 if it has changed, 2 if the packages could not be installed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
debian="$work/debian"
{
  debootstrap --variant=minbase --include=openssl,python3 forky "$debian" http://deb.debian.org/debian sid &&
    chroot "$debian" apt-get install -y --no-install-recommends 'kcat=1.7.1*' 'librdkafka1=2.14.2*'
} > /dev/null 2>&1 || { echo 'The packages could not be installed.' >&2; exit 2; }

cat > "$debian/try.sh" <<'SH'
cd /tmp
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem 2> /dev/null

cat > server.py <<'PY'
import base64, http.server, urllib.parse

class Endpoint(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers['content-length'])).decode())
        signature = form['assertion'][0].split('.')[2]
        made = base64.urlsafe_b64decode(signature + '=' * (-len(signature) % 4))
        print('64 bytes' if len(made) == 64 else 'DER' if made[0] == 0x30 else 'something else', flush=True)
        self.send_response(400)
        self.end_headers()
        self.wfile.write(b'{}')

    def log_message(self, *_):
        pass

server = http.server.HTTPServer(('127.0.0.1', 0), Endpoint)
open('port', 'w').write(str(server.server_port))
server.timeout = 20
server.handle_request()
PY
python3 server.py > seen &
until [ -s port ]; do sleep 0.1; done

set='sasl.oauthbearer'
kcat -L -m 2 -b 127.0.0.1:9 -X security.protocol=SASL_PLAINTEXT -X sasl.mechanism=OAUTHBEARER -X "$set.method=oidc" \
  -X "$set.token.endpoint.url=http://127.0.0.1:$(cat port)/" -X "$set.grant.type=urn:ietf:params:oauth:grant-type:jwt-bearer" \
  -X "$set.assertion.algorithm=ES256" -X "$set.assertion.private.key.file=key.pem" -X "$set.assertion.claim.iss=app" \
  -X "$set.assertion.claim.sub=app" -X "$set.assertion.claim.aud=https://id.example.com" > /dev/null 2>&1 || true
wait
cat seen
SH

expected='DER'

seen=$(chroot "$debian" bash /try.sh)
echo "$seen"
if [ "$seen" != "$expected" ]; then
  printf 'The behaviour has changed. Expected:\n%s\n' "$expected" >&2
  exit 1
fi
