import requests
from oauthlib.oauth2 import WebApplicationClient

installed = "oauthlib"


async def main(world):
    party = WebApplicationClient(world.client_id)
    auth = (world.client_id, world.client_secret)
    headers = {"content-type": "application/x-www-form-urlencoded"}

    def sign_in():
        verifier = party.create_code_verifier(43)
        url = party.prepare_request_uri(
            f"{world.issuer}/oauth/authorize", redirect_uri=world.redirect_uri, scope=["openid", "offline_access"],
            code_challenge=party.create_code_challenge(verifier, "S256"), code_challenge_method="S256")
        code = party.parse_request_uri_response(world.sign_in(url))["code"]
        body = party.prepare_request_body(code=code, redirect_uri=world.redirect_uri, code_verifier=verifier)
        answer = requests.post(f"{world.issuer}/oauth/token", data=body, headers=headers, auth=auth)
        return party.parse_request_body_response(answer.text)

    def refresh():
        body = party.prepare_refresh_body(refresh_token=party.refresh_token)
        answer = requests.post(f"{world.issuer}/oauth/token", data=body, headers=headers, auth=auth)
        return party.parse_request_body_response(answer.text)

    def revoke():
        url, headers, body = party.prepare_token_revocation_request(
            f"{world.issuer}/oauth/revoke".replace("http:", "https:"), party.refresh_token, "refresh_token")
        requests.post(url.replace("https:", "http:"), data=body, headers=headers, auth=auth).raise_for_status()

    await world.step("sign-in", sign_in)
    await world.step("refresh", refresh)
    await world.step("revoke", revoke)
