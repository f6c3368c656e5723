"""Dynamics' side: the stub form, and the product's pages as web resources under a policy as strict as the platform's.

https://learn.microsoft.com/power-platform/admin/content-security-policy
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

from sandbox.dataverse import seed
from sandbox.dataverse.control import CONTROL_PREFIX
from sandbox.dataverse.simulator import DataverseSimulator
from sandbox.pages.files import OWN, PRODUCT, send
from sandbox.pages.plain import as_page
from sandbox.pages.rows import drawn
from sandbox.wire import Request, Response

FORM, APP = "/main.aspx", "/_sandbox/app.aspx"
_RESOURCES = re.compile(r"/?(?:/\{[^/]*\})?/webresources/ofs_/(.+)", re.IGNORECASE)
LOGIN = "https://login.microsoftonline.com"
FILES = "/_sandbox/pages/"
_WEB_RESOURCE = "$webresource:"
ADDRESSES, COMMANDS, APPS = "/_sandbox/addresses", "/_sandbox/commands", "/_sandbox/apps"
ROWS = "/_sandbox/rows"
_API = "/api/data/v9.2/"
WIDGET = "ofs_/widget.html"


class DynamicsPages:
    """The simulator with its pages before it. `app_url`, `oneflow_url`: where the others live.

    A web resource has three addresses: `/WebResources/NAME`, the same behind a version token, as forms build it, and
    with two slashes, as some clients do; its name counts regardless of case (fact sheet on solutions, 6.3).
    The policy holds what an administrator adds to it: the app's address and Entra ID's.
    """

    def __init__(
        self,
        simulator: DataverseSimulator,
        app_url: Callable[[], str],
        oneflow_url: Callable[[], str],
        token: Callable[[], str],
    ) -> None:
        """`token` is of who is signed in to Dynamics in the browser: a page of Dynamics asks its API by a cookie."""
        self._simulator, self._app_url, self._oneflow_url = simulator, app_url, oneflow_url
        self._token = token
        self.framers: tuple[str, ...] = ()  # other sites that an administrator lets frame the environment's pages

    def __call__(self, request: Request) -> Response:
        path = request.path
        if path.startswith(_API) and "authorization" not in request.headers and _is_of_a_page(request):
            signed_in = {**request.headers, "authorization": f"Bearer {self._token()}"}
            return self._simulator(replace(request, headers=signed_in))
        if request.method != "GET":
            return self._simulator(request)
        if path == "/":
            return Response(302, b"", {"Location": FORM})
        if path == APP:
            return send(OWN, "app.html", self._form_policy())
        if path == FORM:
            return send(OWN, "form.html", self._form_policy())
        if path.startswith(FILES):
            return send(OWN, path.removeprefix(FILES), self._form_policy())
        if resource := _RESOURCES.fullmatch(path):
            return self._resource(resource[1].lower())
        if path == COMMANDS:
            return Response.of_json(200, self._commands(dict(request.query).get("entity", "")))
        if path == ROWS:
            lcid = dict(request.query).get("userlcid", "")
            return Response.of_json(200, drawn(self._simulator.world, int(lcid) if lcid.isdigit() else 1033))
        if path == APPS:
            return Response.of_json(200, self._apps())
        if path == ADDRESSES:
            found = {"app": self._app_url(), "oneflow": self._oneflow_url(), "user": seed.COLLEAGUE}
            found["widget"] = WIDGET if self._simulator.people.is_on_form("opportunity", WIDGET) else ""
            return Response.of_json(200, found)
        answer = self._simulator(request)
        return as_page(request, answer, "Dynamics, in the sandbox") if path.startswith(CONTROL_PREFIX) else answer

    def _resource(self, name: str) -> Response:
        """What was imported or saved, and published; else the product's own file, so that no import is needed."""
        rows = self._simulator.world.rows.get("webresource", {}).values()
        row = next((one for one in rows if str(one.values["name"]).lower() == f"ofs_/{name}"), None)
        plain = send(PRODUCT, name, self._resource_policy())
        if row is None or not row.values.get("content"):
            return plain
        kind = send(PRODUCT, name.replace("_", "-"), {}).headers if plain.status == 404 else plain.headers
        policy = "; ".join(f"{part} {value}" for part, value in self._resource_policy().items())
        headers = {"Content-Type": kind["Content-Type"], "Content-Security-Policy": policy, "Cache-Control": "no-cache"}
        return Response(200, base64.b64decode(str(row.values["content"])), headers)

    def _commands(self, entity: str) -> list[dict[str, object]]:
        """The command bar of a table's form."""
        rows = self._simulator.world.rows.get("appaction", {}).values()
        found = [row.values for row in rows if row.values["contextvalue"] == entity and row.values["location"] == 0]
        pages = self._simulator.world.rows.get("webresource", {})
        return [
            {
                "name": one["uniquename"],
                "label": [one["buttonlabeltext"], one.get("#swedish") or one["buttonlabeltext"]],
                "function": one["onclickeventjavascriptfunctionname"],
                "script": one.get("#script") or pages[one["onclickeventjavascriptwebresourceid"][1]].values["name"],
            }
            for one in sorted(found, key=lambda each: int(each["buttonsequencepriority"]))
        ]

    def _apps(self) -> list[dict[str, object]]:
        """The app switcher's: each with what its site map leads to."""
        maps = {
            row.values["sitemapnameunique"]: f"<SiteMap>{row.values['sitemapxml']}</SiteMap>"
            for row in self._simulator.world.rows.get("sitemap", {}).values()
        }
        found: list[dict[str, object]] = []
        for row in self._simulator.world.rows.get("appmodule", {}).values():
            areas = [
                {
                    "id": one.get("Id"),
                    "titles": [title.get("Title") for title in one.iter("Title")],
                    "page": _page_of(one.get("Url") or ""),
                    "entity": one.get("Entity"),
                }
                for one in ElementTree.fromstring(maps[row.values["uniquename"]]).iter("SubArea")
            ]
            found.append({"name": row.values["name"], "areas": areas})
        return found

    def _form_policy(self) -> dict[str, str]:
        return {
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": "'self'",
            "img-src": "data:",
            "connect-src": f"'self' {self._app_url()}",
            "frame-src": f"'self' {self._oneflow_url()}",
            "base-uri": "'none'",
        }

    def _resource_policy(self) -> dict[str, str]:
        return {
            "script-src": "'self' blob: data:",
            "style-src": "'self' 'unsafe-inline'",
            "font-src": "'self' data:",
            "img-src": "'self' data:",
            "connect-src": f"'self' {self._app_url()} {LOGIN}",
            "frame-src": f"'self' blob: {LOGIN}",
            "frame-ancestors": " ".join(("'self'", *self.framers)),
            "base-uri": "'none'",
        }


def _page_of(address: str) -> str:
    """The web resource that a line of the navigation opens; "" for what is the platform's own, as a dashboard is."""
    return address.removeprefix(_WEB_RESOURCE) if address.startswith(_WEB_RESOURCE) else ""


def _is_of_a_page(request: Request) -> bool:
    """Asked by a page of the same origin, which alone has the cookie of who is signed in."""
    return request.headers.get("sec-fetch-site") == "same-origin"
