# An API that introspects the access token.
import django_app
import requests
from asgiref.sync import sync_to_async
from django.urls import path
from urllib.parse import urlparse

installed = "django-oauth-toolkit"


async def main(world):
    def introspect():
        django_app.start(
            ["oauth2_provider"],
            urls,
            OAUTH2_PROVIDER={
                "RESOURCE_SERVER_INTROSPECTION_URL": f"{world.issuer}/oauth/introspect",
                "RESOURCE_SERVER_INTROSPECTION_CREDENTIALS": (world.client_id, world.client_secret),
            })
        from django.test import Client

        answer = requests.post(
            f"{world.issuer}/oauth/token", auth=(world.client_id, world.client_secret),
            data={"grant_type": "client_credentials", "resource": world.resource})
        at = urlparse(world.resource)
        api = Client(HTTP_HOST=at.netloc)
        said = api.get(at.path, HTTP_AUTHORIZATION=f"Bearer {answer.json()['access_token']}")
        assert said.status_code == 200, said.content
        assert api.get(at.path, HTTP_AUTHORIZATION="Bearer nothing").status_code == 403

    def urls():
        from django.http import HttpResponse
        from oauth2_provider.views.generic import ProtectedResourceView

        class Api(ProtectedResourceView):
            def get(self, request):
                return HttpResponse("ok")

        return [path("mcp", Api.as_view())]

    await world.step("introspect", sync_to_async(introspect))
