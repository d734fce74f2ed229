from httpx_oauth.oauth2 import OAuth2
from urllib.parse import parse_qs, urlparse

installed = "httpx-oauth"


async def main(world):
    party = OAuth2(
        world.client_id, world.client_secret, f"{world.issuer}/oauth/authorize", f"{world.issuer}/oauth/token",
        refresh_token_endpoint=f"{world.issuer}/oauth/token", revoke_token_endpoint=f"{world.issuer}/oauth/revoke",
        token_endpoint_auth_method="client_secret_basic", revocation_endpoint_auth_method="client_secret_basic",
    )

    async def sign_in():
        verifier, challenge = world.pkce()
        url = await party.get_authorization_url(
            world.redirect_uri, scope=["openid", "offline_access"], code_challenge=challenge, code_challenge_method="S256")
        code = parse_qs(urlparse(world.sign_in(url)).query)["code"][0]
        return await party.get_access_token(code, world.redirect_uri, verifier)

    tokens = await world.step("sign-in", sign_in)
    following = await world.step("refresh", lambda: party.refresh_token(tokens["refresh_token"]))
    await world.step("revoke", lambda: party.revoke_token(following["refresh_token"], "refresh_token"))
