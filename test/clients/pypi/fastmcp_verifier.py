# An API that checks the access token itself.
from authlib.integrations.requests_client import OAuth2Session
from fastmcp.server.auth.providers.jwt import JWTVerifier

installed = "fastmcp"


async def main(world):
    party = OAuth2Session(
        world.client_id, world.client_secret, scope="openid", redirect_uri=world.redirect_uri, code_challenge_method="S256")

    def sign_in():
        verifier, _ = world.pkce()
        url, state = party.create_authorization_url(f"{world.issuer}/oauth/authorize", code_verifier=verifier)
        return party.fetch_token(
            f"{world.issuer}/oauth/token", authorization_response=world.sign_in(url), code_verifier=verifier, state=state)

    tokens = await world.step("sign-in", sign_in)

    async def verify():
        verifier = JWTVerifier(
            jwks_uri=f"{world.issuer}/oauth/jwks.json", issuer=world.issuer, audience=world.issuer, algorithm="ES256")
        assert await verifier.verify_token(tokens["access_token"]), "the access token was not believed"

    await world.step("verify", verify)
