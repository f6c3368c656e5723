"""What `connect` would do now: each change that is due is something that is not as it should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cli.checks.finding import Finding, failed, ok, warning
from cli.connect.items import Change, Kind, Verb
from cli.connect.registration import EVENTS_KEY, ConnectRequest, Registration
from sync_core.bootstrap.operator import Operator
from sync_core.errors import NotAllowed

# Without these no change arrives, or no button works; the rest is convenience or order.
_VITAL = frozenset(
    {Kind.ENDPOINT, Kind.STEP, Kind.CUSTOM_API, Kind.PARAMETER, Kind.WEBHOOK, Kind.ROLE, Kind.ASSIGNMENT}
)
_CHECKS = {Kind.WEBHOOK: "webhook", Kind.STEP: "step", Kind.ENDPOINT: "endpoint", Kind.WEB_RESOURCE: "web_resource"}
_STATES = {
    Verb.CREATE: "is missing",
    Verb.UPDATE: "is out of date",
    Verb.DELETE: "is there, but not wanted any more",
}


def check_registrations(operator: Operator, env: Mapping[str, str]) -> Iterator[Finding]:
    """Compared with the mapping and the settings; nothing is changed."""
    registration = Registration(operator, env, ConnectRequest())
    try:
        changes = registration.look(need_key=False)
    except NotAllowed as refused:
        # The application's own role reads business data, not what is registered.
        yield warning(
            "registration.not_looked_at",
            f"What Dynamics knows of the app was not compared: who is signed in may not read it ({refused}).",
            "Run it as an administrator: `az login`, then `python -m cli --sign-in az doctor`.",
        )
        return
    if not env.get(EVENTS_KEY):
        yield warning(
            "registration.events_key",
            f"{EVENTS_KEY} is missing, so whether Dynamics has the right function key was not looked at.",
            f"Set {EVENTS_KEY} to the key of the function dynamics_events.",
        )
    for kind in dict.fromkeys(change.kind for change in changes):
        yield from _told(kind, [change for change in changes if change.kind is kind])
    if not changes:
        yield ok("registration", "Oneflow's webhooks and what Dynamics knows of the app are up to date.")


def _told(kind: Kind, changes: list[Change]) -> Iterator[Finding]:
    """Many alike (pages, privileges) are told at once."""
    check = f"registration.{_CHECKS.get(kind, kind.name.lower())}"
    tell = failed if kind in _VITAL else warning
    mend = "Run `python -m cli connect` (with --dry-run first, to see what it does)."
    if len(changes) > 4:
        yield tell(check, f"{len(changes)} of kind {kind} are missing or out of date.", mend)
        return
    for change in changes:
        why = f" ({', '.join(change.because)})" if change.verb is Verb.UPDATE and change.because else ""
        yield tell(check, f"The {kind} {change.name} {_STATES[change.verb]}{why}.", mend)
