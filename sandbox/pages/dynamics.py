"""Dynamics' side: the stub form, and the product's pages as web resources under a policy as strict as the platform's.

https://learn.microsoft.com/power-platform/admin/content-security-policy
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sandbox.dataverse import seed
from sandbox.pages.files import OWN, PRODUCT, send
from sandbox.wire import App, Request, Response

FORM = "/main.aspx"
_RESOURCES = re.compile(r"/?(?:/\{[^/]*\})?/webresources/ofs_/(.+)", re.IGNORECASE)
LOGIN = "https://login.microsoftonline.com"
FILES = "/_sandbox/pages/"
ADDRESSES = "/_sandbox/addresses"


class DynamicsPages:
    """The simulator with its pages before it. `app_url`, `oneflow_url`: where the others live.

    A web resource has three addresses: `/WebResources/NAME`, the same behind a version token, as forms build it, and
    with two slashes, as some clients do; its name counts regardless of case (fact sheet on solutions, 6.3).
    The policy holds what an administrator adds to it: the app's address and Entra ID's.
    """

    def __init__(self, simulator: App, app_url: Callable[[], str], oneflow_url: Callable[[], str]) -> None:
        self._simulator, self._app_url, self._oneflow_url = simulator, app_url, oneflow_url

    def __call__(self, request: Request) -> Response:
        path = request.path
        if request.method != "GET":
            return self._simulator(request)
        if path == "/":
            return Response(302, b"", {"Location": FORM})
        if path == FORM:
            return send(OWN, "form.html", self._form_policy())
        if path.startswith(FILES):
            return send(OWN, path.removeprefix(FILES), self._form_policy())
        if resource := _RESOURCES.fullmatch(path):
            return send(PRODUCT, resource[1].lower(), self._resource_policy())
        if path == ADDRESSES:
            found = {"app": self._app_url(), "oneflow": self._oneflow_url(), "user": seed.COLLEAGUE}
            return Response.of_json(200, found)
        return self._simulator(request)

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
            "frame-ancestors": "'self'",
            "base-uri": "'none'",
        }
