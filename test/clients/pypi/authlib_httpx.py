# Signs by private_key_jwt, for an hour and for the token endpoint, as Authlib does by itself.
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT

installed = "Authlib"


async def main(world):
    token_endpoint = f"{world.issuer}/oauth/token"
    party = AsyncOAuth2Client(
        world.client_id, world.private_jwk, token_endpoint_auth_method="private_key_jwt",
        scope="openid offline_access", redirect_uri=world.redirect_uri, code_challenge_method="S256",
    )
    party.register_client_auth_method(PrivateKeyJWT(token_endpoint, alg="ES256", headers={"kid": world.private_jwk["kid"]}))

    async def sign_in():
        verifier, _ = world.pkce()
        url, state = party.create_authorization_url(f"{world.issuer}/oauth/authorize", code_verifier=verifier)
        return await party.fetch_token(
            token_endpoint, authorization_response=world.sign_in(url), code_verifier=verifier, state=state)

    await world.step("sign-in", sign_in)
    await world.step("refresh", lambda: party.refresh_token(token_endpoint))
