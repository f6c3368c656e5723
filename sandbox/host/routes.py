"""Which function a request is for, as the real host decides it.

Functions are tried in the order of their names, and the first whose route and method fit answers: a literal part does
NOT go before a parameter. https://github.com/Azure/azure-functions-host/issues/9876
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from sandbox.host.model import FunctionSpec, Rejected
from sandbox.wire import Request

_PARAMETER = re.compile(r"{(?P<rest>\*{0,2})(?P<name>\w+)(?::(?P<kind>\w+))?(?P<optional>\?)?}")
_BITS = {"int": 31, "long": 63}
_KINDS = {
    None: "[^/]+",
    "int": r"[+-]?\d+",
    "long": r"[+-]?\d+",
    "alpha": "[A-Za-z]*",
    "bool": "(?i:true|false)",
    "guid": "[0-9A-Fa-f]{8}-?(?:[0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}",
}
# A slash in one part of a path stays as it was sent; all else is decoded before the route is looked for.
# https://learn.microsoft.com/dotnet/api/microsoft.aspnetcore.http.httprequest.path
_SLASH = re.compile("(%2[fF])")


@dataclass(frozen=True)
class Found:
    """`parts` are the route's parameters; those that the path leaves out are absent."""

    spec: FunctionSpec
    parts: Mapping[str, str]


class Routes:
    """The routes of all HTTP functions. Rejected: a route that this host cannot read."""

    def __init__(self, specs: Sequence[FunctionSpec], prefix: str) -> None:
        http = sorted((spec for spec in specs if spec.kind == "http"), key=lambda spec: spec.name.upper())
        self._routes = [(spec, *_pattern(spec, prefix)) for spec in http]

    def find(self, request: Request) -> Found | None:
        """A wrong method is no match: the real host answers 404, not 405."""
        path = "".join(
            part if _SLASH.fullmatch(part) else unquote(part) for part in _SLASH.split(request.raw_path or request.path)
        )
        for spec, pattern, limits in self._routes:
            match = pattern.fullmatch(path)
            if match is None or request.method not in spec.methods:
                continue
            parts = {name: value for name, value in match.groupdict().items() if value is not None}
            if all(_fits(parts[name], bits) for name, bits in limits.items() if name in parts):
                return Found(spec, parts)
        return None


def _fits(text: str, bits: int) -> bool:
    limit = 1 << bits
    return -limit <= int(text) < limit


def _pattern(spec: FunctionSpec, prefix: str) -> tuple[re.Pattern[str], Mapping[str, int]]:
    """The expression for a whole path, and the size of those parameters that are numbers."""
    pattern, limits = "", {}
    for part in f"{prefix}/{spec.route}".strip("/").split("/"):
        match = _PARAMETER.fullmatch(part)
        if match is None:
            if "{" in part or "}" in part:
                raise Rejected(f"function {spec.name}: this host cannot read the route's part {part}")
            pattern += "/" + re.escape(part)
            continue
        name, kind = match["name"], match["kind"]
        if kind not in _KINDS:
            raise Rejected(f"function {spec.name}: this host knows no constraint {kind}")
        if kind in _BITS:
            limits[name] = _BITS[kind]
        if match["rest"]:
            pattern += f"(?:/(?P<{name}>.+))?"
        else:
            pattern += f"(?:/(?P<{name}>{_KINDS[kind]}))" + ("?" if match["optional"] else "")
    return re.compile(pattern + "/?", re.IGNORECASE), limits
