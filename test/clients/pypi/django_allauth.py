import django_app
from asgiref.sync import sync_to_async
from django.urls import include, path

installed = "django-allauth"


async def main(world):
    def sign_in():
        app = {
            "provider_id": "pgrant", "name": "pgrant", "client_id": world.client_id, "secret": world.client_secret,
            "settings": {"server_url": world.issuer, "oauth_pkce_enabled": True},
        }
        parts = ["allauth", "allauth.account", "allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"]
        django_app.start(
            parts,
            lambda: [path("accounts/", include("allauth.urls"))],
            ["allauth.account.middleware.AccountMiddleware"],
            AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
            SOCIALACCOUNT_LOGIN_ON_GET=True,
            SOCIALACCOUNT_PROVIDERS={"openid_connect": {"APPS": [app]}})
        assert django_app.sign_in(world, "/accounts/oidc/pgrant/login/"), "no email"

    await world.step("sign-in", sync_to_async(sign_in))
