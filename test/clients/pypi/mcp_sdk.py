# Registers itself (RFC 7591) after it was refused by the API: nothing is set up beforehand.
import httpx
from mcp.client.auth import OAuthClientProvider, TokenStorage
from mcp.shared.auth import OAuthClientMetadata
from urllib.parse import parse_qs, urlparse

installed = "mcp"


class Memory(TokenStorage):
    tokens = client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


async def main(world):
    memory, came = Memory(), []

    async def redirect(url):
        came.append(parse_qs(urlparse(world.sign_in(url)).query))

    async def callback():
        answer = came[-1]
        try:
            from mcp.client.auth import AuthorizationCodeResult
            return AuthorizationCodeResult(code=answer["code"][0], state=answer["state"][0], iss=answer["iss"][0])
        except ImportError:
            return answer["code"][0], answer["state"][0]

    provider = OAuthClientProvider(
        server_url=world.resource,
        client_metadata=OAuthClientMetadata(
            client_name="MCP", redirect_uris=[world.redirect_uri], grant_types=["authorization_code", "refresh_token"],
            response_types=["code"], token_endpoint_auth_method="none"),
        storage=memory, redirect_handler=redirect, callback_handler=callback)

    async def sign_in():
        try:
            import httpx2 as client
        except ImportError:
            client = httpx
        async with client.AsyncClient(auth=provider) as http:
            answer = await http.get(world.resource)
            assert answer.status_code == 200, answer.text
            assert memory.tokens.refresh_token

    await world.step("sign-in", sign_in)
