#!/usr/bin/env bash
# Package: mcp 2.3.0 (PyPI), the MCP SDK for Python
#
# Behaviour: `ClientCredentialsOAuthProvider` and `PrivateKeyJWTOAuthProvider` take a `scope` ("space-separated list of scopes to
# request"), and never request it: what takes its place is the list of the resource's challenge, else of its metadata, else of
# the authorization server's `scopes_supported`, whole; where none of the three is there, nothing.
#
# Seen: see `expected` below, the `scope` of a token request that was given scope="tools".
#
# Expected instead: the scope that the program names. RFC 8414, section 2: `scopes_supported` is what the server supports, for
# all its clients, and says nothing of what one of them may have.
#
# Why it matters here: a server of OpenID Connect lists `openid` and `offline_access` there. Without a person they are about
# nobody, so a server that is strict about them answers `invalid_scope`; one that is not gives a token for all there is to a
# program that asked for one thing.
#
# Right handling: an API says which scopes it takes (RFC 9728, `scopes_supported`, or `scope` in its challenge).
#
# Exits 0 if the behaviour is as described, 1 if it has changed, 2 if the package could not be installed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

{ python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check mcp==2.3.0; } ||
  { echo 'The package could not be installed.' >&2; exit 2; }

cat > run.py <<'PY'
import asyncio
from urllib.parse import parse_qs

import httpx2
from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider

issuer, api = "https://as.example", "https://api.example/mcp"


class Storage:
    async def get_tokens(self):
        return None

    async def set_tokens(self, tokens):
        pass

    async def get_client_info(self):
        return None

    async def set_client_info(self, info):
        pass


async def requested(server_scopes, resource_scopes, challenge):
    """The scope of the token request of a program that asks for tools."""
    seen = []

    def answer(request):
        path = request.url.path
        if path == "/token":
            seen.extend(parse_qs(request.content.decode()).get("scope", ["none"]))
            return httpx2.Response(200, json={"access_token": "a", "token_type": "Bearer"})
        if path == "/.well-known/oauth-protected-resource/mcp":
            told = {"scopes_supported": resource_scopes} if resource_scopes else {}
            return httpx2.Response(200, json={"resource": api, "authorization_servers": [issuer], **told})
        if path == "/.well-known/oauth-authorization-server":
            told = {"scopes_supported": server_scopes} if server_scopes else {}
            ends = {"authorization_endpoint": f"{issuer}/authorize", "token_endpoint": f"{issuer}/token"}
            return httpx2.Response(200, json={"issuer": issuer, "response_types_supported": ["code"], **ends, **told})
        if path == "/mcp" and "authorization" in request.headers:
            return httpx2.Response(200)
        if path == "/mcp":
            metadata = 'resource_metadata="https://api.example/.well-known/oauth-protected-resource/mcp"'
            scope = f', scope="{challenge}"' if challenge else ""
            return httpx2.Response(401, headers={"www-authenticate": f"Bearer {metadata}{scope}"})
        return httpx2.Response(404)

    provider = ClientCredentialsOAuthProvider(api, Storage(), "robot", "secret", scope="tools", issuer=issuer)
    async with httpx2.AsyncClient(auth=provider, transport=httpx2.MockTransport(answer)) as client:
        await client.get(api)
    return seen


async def main():
    everything = ["openid", "offline_access", "tools", "admin"]
    print("nobody says any:", *await requested(None, None, None))
    print("the server says four:", *await requested(everything, None, None))
    print("the resource says two:", *await requested(everything, ["tools", "notes"], None))
    print("the challenge says one:", *await requested(everything, ["tools", "notes"], "notes"))


asyncio.run(main())
PY

expected="nobody says any: none
the server says four: openid offline_access tools admin
the resource says two: tools notes
the challenge says one: notes"

seen=$(venv/bin/python run.py)
echo "$seen"
if [ "$seen" != "$expected" ]; then
  printf 'The behaviour has changed. Expected:\n%s\n' "$expected" >&2
  exit 1
fi
