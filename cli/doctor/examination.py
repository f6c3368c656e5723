"""The order in which the doctor looks, and what it makes of a part that does not answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from cli.checks.dynamics import DynamicsCheck
from cli.checks.finding import Finding, failed
from cli.checks.system_jobs import check_system_jobs
from cli.doctor.addresses import check_addresses
from cli.doctor.clock import check_clock
from cli.doctor.deployed import check_app
from cli.doctor.oneflow import OneflowCheck
from cli.doctor.probed import check_probed
from cli.doctor.registrations import check_registrations
from cli.doctor.settings import check_settings, wrong_settings
from cli.doctor.storage import check_mappings, check_places, check_work, mappings_of
from cli.failures import remedy
from sync_core.bootstrap.operator import Operator
from sync_core.errors import ConfigurationError, SyncError

Part = tuple[str, Callable[[], Iterable[Finding]]]


def wall_clock() -> datetime:
    return datetime.now(UTC)


@dataclass
class Examination:
    """`parts()` are looked at in this order, one after the other; a part that fails hides no other."""

    env: Mapping[str, str]
    make: Callable[[], Operator]
    app_url: str | None = None
    now: Callable[[], datetime] = wall_clock

    def run(self, begun: Callable[[str, int], None] = lambda name, of: None) -> list[Finding]:
        """`begun(name, of)` is told of each part before it is looked at."""
        try:
            operator = self.make()
        except ConfigurationError as error:
            wrong = list(wrong_settings(error))
            parts: list[Part] = [("settings", lambda: wrong)]
        else:
            parts = self._parts(operator)
        if self.app_url:
            url = self.app_url
            parts.append(("deployed app", lambda: check_app(url, self.env)))
        findings: list[Finding] = []
        for name, look in parts:
            begun(name, len(parts))
            findings += _looked(name, look)
        return findings

    def _parts(self, operator: Operator) -> list[Part]:
        dynamics, oneflow = DynamicsCheck(operator), OneflowCheck(operator)
        mappings = cache(lambda: mappings_of(operator))
        return [
            ("settings", lambda: check_settings(operator, self.env)),
            ("storage", lambda: check_places(operator)),
            ("work", lambda: check_work(operator, self.now())),
            ("mapping", lambda: check_mappings(mappings())),
            ("sign-in", dynamics.sign_in),
            ("rights", lambda: dynamics.rights(mappings())),
            ("contract table", lambda: dynamics.contract_table(mappings())),
            ("notifications", lambda: dynamics.notifications(mappings())),
            ("addresses", lambda: check_addresses(operator) if dynamics.user_id else ()),
            ("oneflow", oneflow.account),
            ("fields", lambda: oneflow.fields(mappings())),
            ("webhook events", oneflow.webhooks),
            ("takeover", oneflow.second_writer),
            ("probe", lambda: check_probed(operator.marks.all())),
            ("registrations", lambda: self._registrations(operator, dynamics, oneflow)),
            ("system jobs", lambda: check_system_jobs(operator.dataverse, self.now()) if dynamics.user_id else ()),
            ("clock", lambda: self._clock(operator, dynamics, oneflow)),
        ]

    def _registrations(self, operator: Operator, dynamics: DynamicsCheck, oneflow: OneflowCheck) -> Iterable[Finding]:
        """Only where both vendors answer: the parts before have said what is wrong otherwise."""
        well = dynamics.user_id and oneflow.well and operator.settings.public_url
        return check_registrations(operator, self.env) if well else ()

    def _clock(self, operator: Operator, dynamics: DynamicsCheck, oneflow: OneflowCheck) -> Iterator[Finding]:
        asked: dict[str, Callable[[], Mapping[str, str]]] = {}
        if dynamics.user_id:
            asked["Dynamics"] = lambda: operator.dataverse.call("GET", "WhoAmI").headers
        if oneflow.well:
            asked["Oneflow"] = lambda: operator.oneflow.as_token("ping").headers
        return check_clock(asked, self.now)


def _looked(name: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """What was found before the part failed stays found."""
    try:
        yield from look()
    except SyncError as error:
        mend = remedy(error) or "see the message."
        yield failed(f"{name.replace(' ', '_')}.unreadable", f"{error}.", mend[:1].upper() + mend[1:])
