"""Between a browser and the app in Azure: Entra ID's sign-in, as strict as the sandbox's is, and App Service
Authentication, for one context."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

import pytest
from playwright.sync_api import Page, Route

from sandbox.identity.people import COOKIE, SignIn
from sandbox.identity.simulator import TENANT
from sandbox.world import World
from tests.browser.watch import watched

CLIENT = "5160f100-0000-4000-8000-000000000001"
LOGIN_HOST = "login.microsoftonline.com"
LOGIN = f"https://{LOGIN_HOST}"
# What the browser says about MSAL.js's hidden frame.
_FRAME = ("iframe which has both allow-scripts and allow-same-origin", "Unrecognized feature: 'local-network-access'")


def signing_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the app is behind the platform's sign-in, with this Entra ID."""
    for name, value in {
        "WEBSITE_AUTH_ENABLED": "True",
        "SIGN_IN_CLIENT_ID": CLIENT,
        "DATAVERSE_TENANT_ID": TENANT,
        "DATAVERSE_AUTHORITY": "",
    }.items():
        monkeypatch.setenv(name, value)


class Entra:
    """The application as docs/pages.md has it registered. `present`: who is signed in to this browser already, by
    sign-in name; nobody where it is empty, so that a window has to ask."""

    def __init__(self, page: Page, world: World, present: Sequence[str] = (), admin: bool = True) -> None:
        self._world, context = world, page.context
        for text in _FRAME:
            watched(page).expect_text(text)
        self.roles = ["Sync.Admin"] if admin else []
        self.people: SignIn = world.identity.people
        self.people.forget()
        self.takes_tokens = True  # the app's authentication is set up for them
        self.register()
        if present:
            session = self.people.session(*present)
            cookie = {"name": COOKIE, "value": session, "domain": LOGIN_HOST, "path": "/"}
            context.add_cookies([{**cookie, "secure": True, "httpOnly": True, "sameSite": "None"}])  # type: ignore[typeddict-item]
        context.route(f"{world.app_url}/api/**", self._app_service)

    def register(self) -> None:
        """As docs/pages.md says."""
        dynamics, app = self._world.env["DATAVERSE_URL"], self._world.app_url
        self.people.register(CLIENT, f"{dynamics}/WebResources/ofs_/blank.html", f"{app}/api/ui/blank.html")

    @property
    def asked(self) -> list[str]:
        return self.people.asked

    @property
    def refusals(self) -> list[str]:
        """The codes of what Entra ID refused."""
        return [one.split(":")[0] for one in self.people.refusals]

    def _app_service(self, route: Route) -> None:
        """Pages are for everybody; the rest is for those whose token is good, and says who they are."""
        request = route.request
        origin = request.headers.get("origin", "")
        cors = {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Headers": "authorization,content-type,if-match",
        }
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if request.method == "OPTIONS":
            route.fulfill(status=204, headers={**cors, "Access-Control-Allow-Methods": "GET,PUT,POST,DELETE"})
        elif "/api/ui/" in request.url:
            route.fulfill(response=(found := route.fetch()), headers={**found.headers, **cors})
        elif self.takes_tokens and (holder := self._world.identity.holder(token, CLIENT)) is not None:
            claims = [{"typ": "oid", "val": holder}, *({"typ": "roles", "val": role} for role in self.roles)]
            principal = base64.b64encode(json.dumps({"claims": claims, "role_typ": "roles"}).encode()).decode()
            found = route.fetch(headers={**request.headers, "x-ms-client-principal": principal})
            route.fulfill(response=found, headers={**found.headers, **cors})
        else:
            route.fulfill(status=401, headers=cors, body="")
