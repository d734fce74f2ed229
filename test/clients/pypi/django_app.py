"""A Django application that keeps its tables in memory; `get` is a browser that keeps cookies."""
import django
from django.conf import settings
from django.core.management import call_command
from django.http import HttpResponse
from django.urls import path
from urllib.parse import urlparse

urlpatterns = [path("done", lambda request: HttpResponse(getattr(request.user, "email", "")))]
parts = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages"]
middleware = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]


def start(apps, urls, middlewares=(), **more):
    settings.configure(
        SECRET_KEY="not-a-secret-but-long-enough-for-it-0000000000000000",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        INSTALLED_APPS=[*parts, *apps],
        MIDDLEWARE=[*middleware, *middlewares],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        LOGIN_REDIRECT_URL="/done",
        **more)
    django.setup()
    urlpatterns.extend(urls())
    call_command("migrate", verbosity=0)


def sign_in(world, begin):
    """Signs ada in, beginning at a path; gives what the application shows of her."""
    from django.test import Client

    browser = Client(HTTP_HOST=f"127.0.0.1:{world.port}")
    back = urlparse(world.sign_in(browser.get(begin)["location"]))
    done = browser.get(f"{back.path}?{back.query}")
    return browser.get(done["location"]).content.decode()
