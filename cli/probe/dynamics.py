"""What Dynamics can tell without being written to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

import requests

from cli.checks.dynamics import DynamicsCheck
from cli.checks.finding import Level
from cli.checks.system_jobs import failed_jobs
from cli.connect.role import mapped
from sync_core.bootstrap.operator import Operator
from sync_core.engine.model.actor import Actor
from sync_core.errors import Gone, NotAllowed, Refused

Found = tuple[str, str]


class DynamicsProbe:
    """Reads only. `act_for`: the Entra object id of somebody to act for; `unasked`: what was not asked, and why."""

    def __init__(self, operator: Operator, act_for: str | None, now: Callable[[], datetime]) -> None:
        self._operator, self._api, self._act_for, self._now = operator, operator.dataverse, act_for, now
        self.unasked: list[str] = []

    def run(self) -> Iterator[Found]:
        parts: Mapping[str, Callable[[], Iterator[Found]]] = {
            "acting for somebody": self._acting,
            "privileges": self._privileges,
            "row versions": self._versions,
            "CORS": self._cors,
            "system jobs": self._system_jobs,
            "forms": self._widget,
        }
        for what, ask in parts.items():
            try:
                yield from ask()
            except NotAllowed:
                self.unasked.append(f"{what}: this sign-in may not look; an administrator may (--sign-in az)")
            except (Gone, Refused):
                continue  # not seen: there is no such thing here

    def _acting(self) -> Iterator[Found]:
        """As the application itself, whoever signs in: what somebody else may is no answer."""
        if not self._act_for:
            return
        application = self._operator.as_application()
        if application is None:
            self.unasked.append("acting for somebody: DATAVERSE_CLIENT_SECRET is not known here")
            return
        own = (application.call("GET", "WhoAmI").data or {}).get("UserId")
        try:
            theirs = (application.call("GET", "WhoAmI", Actor(object_id=self._act_for)).data or {}).get("UserId")
        except NotAllowed as error:
            if error.missing:
                yield "acting_for", "no"
            else:
                self.unasked.append("acting for somebody: the environment has no such enabled user")
            return
        yield "acting_for", "yes" if theirs and theirs != own else "no"

    def _privileges(self) -> Iterator[Found]:
        """By mapped column and direction, as the doctor looks at them."""
        check = DynamicsCheck(self._operator)
        list(check.sign_in())
        if check.user_id:
            found = list(check.rights(mapped(self._operator)))
            lacks = any(one.level is Level.FAILED and one.check.startswith("dynamics.rights") for one in found)
            yield "privileges", "no" if lacks else "yes"

    def _versions(self) -> Iterator[Found]:
        tables = [mapping.entity for mapping in mapped(self._operator)]
        flags = [one.versioned for name in tables for one in list(self._operator.records.columns(name).values())[:1]]
        if flags:
            yield "row_versions", "yes" if all(flags) else "no"

    def _cors(self) -> Iterator[Found]:
        """The question that a browser asks before a web resource may call the app."""
        known = self._operator.settings
        if not known.public_url:
            return
        headers = {
            "Origin": known.dataverse_url.rstrip("/"),
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization",
        }
        try:
            answer = requests.options(f"{known.public_url}/api/connection", headers=headers, timeout=30)
        except requests.RequestException:
            return
        allowed = answer.headers.get("Access-Control-Allow-Origin", "")
        yield "cors", "yes" if allowed in (headers["Origin"], "*") else "no"

    def _system_jobs(self) -> Iterator[Found]:
        """Of our own steps, whatever the jobs are called. Where no step is registered, none can fail."""
        found = failed_jobs(self._api, self._now())
        if found is not None:
            yield "failed_system_jobs", "no" if found else "yes"

    def _widget(self) -> Iterator[Found]:
        wanted = "contains(formxml,'ofs_/widget.html')"
        rows = self._api.rows("systemforms", params={"$select": "formid,objecttypecode", "$filter": wanted})
        tables = sorted({str(row.get("objecttypecode")) for row in rows})
        yield "widget_placed", "yes" if tables else "no"
        if tables:
            yield "widget_tables", ", ".join(tables)
