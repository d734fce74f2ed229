from authlib.integrations.requests_client import OAuth2Session

installed = "Authlib"


async def main(world):
    party = OAuth2Session(
        world.client_id, world.client_secret, scope="openid email offline_access", redirect_uri=world.redirect_uri,
        code_challenge_method="S256", token_endpoint=f"{world.issuer}/oauth/token",
        revocation_endpoint_auth_method="client_secret_basic",
    )

    def sign_in():
        verifier, _ = world.pkce()
        url, state = party.create_authorization_url(f"{world.issuer}/oauth/authorize", code_verifier=verifier)
        return party.fetch_token(
            f"{world.issuer}/oauth/token", authorization_response=world.sign_in(url), code_verifier=verifier, state=state)

    await world.step("sign-in", sign_in)
    await world.step("refresh", lambda: party.refresh_token(f"{world.issuer}/oauth/token"))
    await world.step("userinfo", lambda: party.get(f"{world.issuer}/oauth/userinfo").json()["email"])
    await world.step("revoke", lambda: party.revoke_token(
        f"{world.issuer}/oauth/revoke", party.token["refresh_token"], "refresh_token").raise_for_status())
