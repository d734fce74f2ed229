# python-social-auth: Django, Flask and Pyramid applications sign people in by this backend.
from social_core.backends.open_id_connect import OpenIdConnectAuth
from social_core.strategy import BaseStrategy
from social_core.storage import BaseStorage, NonceMixin
import time
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlparse

installed = "social-auth-core"


class Nonces(NonceMixin):
    known = set()

    @classmethod
    def use(cls, server_url, timestamp, salt):
        cls.known.add(salt)
        return True

    @classmethod
    def get(cls, server_url, salt):
        return salt if salt in cls.known else None

    @classmethod
    def delete(cls, nonce):
        cls.known.discard(nonce)

    @classmethod
    def consume(cls, server_url, timestamp, salt):
        found = salt in cls.known
        cls.known.discard(salt)
        return found


class Storage(BaseStorage):
    nonce = Nonces


class Strategy(BaseStrategy):
    def __init__(self, settings):
        super().__init__(storage=Storage)
        self.settings, self.session, self.data = settings, {}, {}

    def get_setting(self, name):
        return self.settings[name]

    def get_request_data(self, merge=True):
        return self.data

    def request_host(self):
        return "127.0.0.1"

    def build_absolute_uri(self, path=None):
        return path

    def session_get(self, name, default=None):
        return self.session.get(name, default)

    def session_set(self, name, value):
        self.session[name] = value

    def session_pop(self, name):
        return self.session.pop(name, None)

    def redirect(self, url):
        return url

    def html(self, content):
        return content

    def request_is_secure(self):
        return False

    def request_path(self):
        return "/callback"

    def request_port(self):
        return "80"

    def request_get(self):
        return self.data

    def request_post(self):
        return {}


class Pgrant(OpenIdConnectAuth):
    name = "pgrant"
    nonces = {}
    DEFAULT_SCOPE = ["openid", "email", "offline_access"]

    def get_and_store_nonce(self, url, state):
        nonce = self.strategy.random_string(32)
        self.nonces[nonce] = SimpleNamespace(id=1, handle=nonce, assoc_type=state, issued=int(time.time()), lifetime=600)
        return nonce

    def get_nonce(self, nonce):
        return self.nonces.get(nonce)

    def remove_nonce(self, nonce_id):
        pass


async def main(world):
    strategy = Strategy({
        "SOCIAL_AUTH_PGRANT_OIDC_ENDPOINT": world.issuer,
        "SOCIAL_AUTH_PGRANT_KEY": world.client_id,
        "SOCIAL_AUTH_PGRANT_SECRET": world.client_secret,
        "SOCIAL_AUTH_PGRANT_USE_PKCE": True,
        "SOCIAL_AUTH_PGRANT_PKCE_CODE_CHALLENGE_METHOD": "S256",
    })
    party = Pgrant(strategy, redirect_uri=world.redirect_uri)
    found = {}

    def sign_in():
        strategy.data = dict(parse_qsl(urlparse(world.sign_in(party.auth_url())).query))
        party.data = strategy.data
        party.strategy.authenticate = lambda backend, *args, **kwargs: found.update(kwargs["response"]) or found
        party.auth_complete()

    await world.step("sign-in", sign_in)
    await world.step("userinfo", lambda: party.user_data(found["access_token"])["email"])
    await world.step("refresh", lambda: party.refresh_token(found["refresh_token"]))
