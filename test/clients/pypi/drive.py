"""Runs one driver: `python drive.py module '<world>'` prints what each step came to as JSON."""
import asyncio
import base64
import hashlib
import importlib
import importlib.metadata
import inspect
import json
import os
import secrets
import sys
import urllib.request

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # The issuer is on loopback.


class World:
    def __init__(self, values):
        self.__dict__.update(values)
        self.steps = {}

    def sign_in(self, url):
        """Has ada sign in and allow at an authorization URL; gives the URL that the browser was sent to."""
        request = urllib.request.Request(self.browser, data=str(url).encode(), method="POST")
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()

    async def step(self, name, work):
        """A step that may fail without the others."""
        try:
            value = work()
            if inspect.isawaitable(value):
                value = await value
            self.steps[name] = "ok"
            return value
        except Exception as error:
            self.steps[name] = f"{type(error).__name__}: {error}"[:300]

    def pkce(self):
        """A code_verifier and its S256 challenge (RFC 7636 4.2)."""
        verifier = secrets.token_urlsafe(32)
        digest = hashlib.sha256(verifier.encode()).digest()
        return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


world = World(json.loads(sys.argv[2]))
driver = importlib.import_module(sys.argv[1])
asyncio.run(driver.main(world))
version = importlib.metadata.version(driver.installed)
print("\n" + json.dumps({"version": version, "steps": world.steps}), flush=True)
os._exit(0)
