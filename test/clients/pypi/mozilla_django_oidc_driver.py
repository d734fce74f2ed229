import django_app
from asgiref.sync import sync_to_async
from django.urls import include, path

installed = "mozilla-django-oidc"


async def main(world):
    def sign_in():
        django_app.start(
            ["mozilla_django_oidc"],
            lambda: [path("oidc/", include("mozilla_django_oidc.urls"))],
            AUTHENTICATION_BACKENDS=["mozilla_django_oidc.auth.OIDCAuthenticationBackend"],
            OIDC_RP_CLIENT_ID=world.client_id,
            OIDC_RP_CLIENT_SECRET=world.client_secret,
            OIDC_RP_SIGN_ALGO="RS256",
            OIDC_USE_PKCE=True,
            OIDC_OP_AUTHORIZATION_ENDPOINT=f"{world.issuer}/oauth/authorize",
            OIDC_OP_TOKEN_ENDPOINT=f"{world.issuer}/oauth/token",
            OIDC_OP_USER_ENDPOINT=f"{world.issuer}/oauth/userinfo",
            OIDC_OP_JWKS_ENDPOINT=f"{world.issuer}/oauth/jwks.json")
        assert django_app.sign_in(world, "/oidc/authenticate/"), "no email"

    await world.step("sign-in", sync_to_async(sign_in))
