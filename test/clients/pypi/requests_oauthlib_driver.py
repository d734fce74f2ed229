from requests_oauthlib import OAuth2Session

installed = "requests-oauthlib"


async def main(world):
    party = OAuth2Session(
        world.client_id, scope=["openid", "email", "offline_access"], redirect_uri=world.redirect_uri, pkce="S256")

    def sign_in():
        url, _ = party.authorization_url(f"{world.issuer}/oauth/authorize")
        return party.fetch_token(
            f"{world.issuer}/oauth/token", authorization_response=world.sign_in(url), client_secret=world.client_secret)

    await world.step("sign-in", sign_in)
    await world.step("refresh", lambda: party.refresh_token(
        f"{world.issuer}/oauth/token", auth=(world.client_id, world.client_secret)))
    await world.step("userinfo", lambda: party.get(f"{world.issuer}/oauth/userinfo").json()["email"])
