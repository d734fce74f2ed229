# Signs by private_key_jwt. Authlib's own audience is the token endpoint, and its own lifetime an hour.
import time

from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc.jwk import ECKey

installed = "Authlib"


async def main(world):
    token_endpoint = f"{world.issuer}/oauth/token"
    party = AsyncOAuth2Client(
        world.client_id, ECKey.import_key(world.private_jwk), token_endpoint_auth_method="private_key_jwt",
        scope="openid offline_access", redirect_uri=world.redirect_uri, code_challenge_method="S256",
    )

    def sign_for_minutes():
        # Claims that are given are kept, their jti too, which is good once: so they are given for each request.
        claims, headers = {"exp": int(time.time()) + 300}, {"kid": world.private_jwk["kid"]}
        party.register_client_auth_method(PrivateKeyJWT(token_endpoint, claims, headers, "ES256"))

    async def sign_in():
        sign_for_minutes()
        verifier, _ = world.pkce()
        url, state = party.create_authorization_url(f"{world.issuer}/oauth/authorize", code_verifier=verifier)
        return await party.fetch_token(
            token_endpoint, authorization_response=world.sign_in(url), code_verifier=verifier, state=state)

    await world.step("sign-in", sign_in)
    sign_for_minutes()
    await world.step("refresh", lambda: party.refresh_token(token_endpoint))
