"""Azure's resource manager, as far as the tool asks it. https://learn.microsoft.com/rest/api/appservice/web-apps"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cli.azure import names
from sync_core.adapters.dataverse.signed_in import SignedIn
from sync_core.adapters.http import Problem, VendorHttp
from sync_core.adapters.session import make_session
from sync_core.errors import ConfigurationError

_PUBLIC = "https://management.azure.com"
_WEB, _DEPLOYMENTS, _SUBSCRIPTIONS = "2025-03-01", "2024-11-01", "2022-12-01"
_SITE = "subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Web/sites/{app}"


@dataclass(frozen=True, slots=True)
class Reference:
    """A setting's reference to the key vault, as the platform holds it. `status` is "Resolved" where all is well."""

    name: str
    status: str
    version: str
    details: str


class ResourceManager:
    """`credential` is one of azure-identity. Errors are of side "azure"."""

    def __init__(self, credential: Any, env: Mapping[str, str]) -> None:
        url = env.get(names.MANAGER) or _PUBLIC
        signed_in = SignedIn(credential, url)
        self._http = VendorHttp(
            "azure",
            url,
            make_session(2),
            headers=lambda: {"Authorization": f"Bearer {signed_in.bearer()}"},
            explain=lambda status, data, headers: Problem(code=_code(data)),
        )

    def only_subscription(self) -> str:
        """ConfigurationError where the person may see several: one must be named then."""
        answer = self._http.request("GET", "subscriptions", params={"api-version": _SUBSCRIPTIONS})
        found = [str(one["subscriptionId"]) for one in answer.data["value"] if one.get("state", "Enabled") == "Enabled"]
        if len(found) != 1:
            raise ConfigurationError(
                [f"{names.SUBSCRIPTION} is missing, and you may see {len(found)} subscriptions: say which one with "
                 "--subscription (`az account show --query id -o tsv` tells)."]
            )  # fmt: skip
        return found[0]

    def outputs(self, subscription: str, group: str) -> Mapping[str, Mapping[str, str]]:
        """Of the deployments of infra/ in this group, by the function app, the newest one's first: names as
        infra/main.bicep has them."""
        path = "subscriptions/{subscription}/resourcegroups/{group}/providers/Microsoft.Resources/deployments"
        at = {"subscription": subscription, "group": group}
        found: list[tuple[str, Mapping[str, str]]] = []
        for one in self._pages(path, at, _DEPLOYMENTS):
            properties = one["properties"]
            outputs = {name: str(value.get("value")) for name, value in (properties.get("outputs") or {}).items()}
            whole = {"functionAppName", "functionAppUrl", "keyVaultName", "clientId"} <= set(outputs)
            if properties.get("provisioningState") == "Succeeded" and whole:
                found.append((str(properties["timestamp"]), outputs))
        newest: dict[str, Mapping[str, str]] = {}
        for _, known in sorted(found, key=lambda each: each[0], reverse=True):
            newest.setdefault(known["functionAppName"], known)
        return newest

    def settings(self, site: Mapping[str, str]) -> Mapping[str, str]:
        """The app's settings as they are written: references to the vault are not followed."""
        answer = self._site("POST", f"{_SITE}/config/appsettings/list", site, write=False)
        return {str(name): str(value) for name, value in answer["properties"].items()}

    def refresh(self, site: Mapping[str, str]) -> None:
        """Have the platform fetch every reference anew."""
        self._site("POST", f"{_SITE}/config/configreferences/appsettings/refresh", site)

    def references(self, site: Mapping[str, str]) -> Mapping[str, Reference]:
        path = f"{_SITE}/config/configreferences/appsettings"
        found = {}
        for one in self._pages(path, site, _WEB):
            about = one.get("properties") or {}
            name = str(one["name"]).rpartition("/")[2]
            version = str(about.get("activeVersion") or about.get("secretVersion") or "").rpartition("/")[2]
            details = str(about.get("details") or "")
            found[name] = Reference(name, str(about.get("status") or ""), version, details)
        return found

    def function_key(self, site: Mapping[str, str], function: str) -> str:
        """The function's key: the default one where it has it."""
        path = f"{_SITE}/functions/{{function}}/listkeys"
        keys = self._site("POST", path, {**site, "function": function}, write=False)
        return str(keys.get("default") or next(iter(keys.values()), ""))

    def _site(self, verb: str, path: str, at: Mapping[str, str], write: bool | None = None) -> Any:
        answer = self._http.request(verb, path, at=at, params={"api-version": _WEB}, write=write)
        return answer.data or {}

    def _pages(self, path: str, at: Mapping[str, str], version: str) -> Iterator[Any]:
        answer = self._http.request("GET", path, at=at, params={"api-version": version}).data
        yield from answer["value"]
        while answer.get("nextLink"):
            answer = self._http.request("GET", path, url=str(answer["nextLink"])).data
            yield from answer["value"]


def _code(data: Any) -> str:
    error = data.get("error") if isinstance(data, Mapping) else None
    return str((error or {}).get("code") or "") if isinstance(error, Mapping) else ""
