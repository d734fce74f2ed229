from oic.oic import Client
from oic.oic.message import AuthorizationResponse
from oic.utils.authn.client import CLIENT_AUTHN_METHOD
from urllib.parse import urlparse

installed = "oic"


async def main(world):
    party = Client(client_authn_method=CLIENT_AUTHN_METHOD)
    party.provider_config(world.issuer)
    party.client_id, party.client_secret, party.redirect_uris = world.client_id, world.client_secret, [world.redirect_uri]

    def sign_in():
        verifier, challenge = world.pkce()
        request = party.construct_AuthorizationRequest(request_args={
            "response_type": "code", "scope": ["openid", "email", "offline_access"], "redirect_uri": world.redirect_uri,
            "nonce": "n", "state": "s", "code_challenge": challenge, "code_challenge_method": "S256"})
        back = world.sign_in(request.request(party.authorization_endpoint))
        party.parse_response(AuthorizationResponse, info=urlparse(back).query, sformat="urlencoded")
        tokens = party.do_access_token_request(
            state="s", request_args={"code": party.grant["s"].code, "redirect_uri": world.redirect_uri, "code_verifier": verifier},
            authn_method="client_secret_basic", scope="openid")
        assert tokens["id_token"], tokens
        return tokens

    await world.step("sign-in", sign_in)
    await world.step("userinfo", lambda: party.do_user_info_request(state="s")["email"])
    await world.step("refresh", lambda: party.do_access_token_refresh(state="s", authn_method="client_secret_basic")["access_token"])
