"""What `connect` would do now: each change that is due is something that is not as it should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cli.checks.finding import Finding, failed, ok, warning
from cli.connect.items import Change, Kind, Verb
from cli.connect.registration import EVENTS_KEY, ConnectRequest, Registration
from sync_core.bootstrap.operator import Operator
from sync_core.errors import NotAllowed

# Without these no change arrives, or no button works; the rest is convenience or order.
_VITAL = frozenset(
    {Kind.ENDPOINT, Kind.STEP, Kind.CUSTOM_API, Kind.PARAMETER, Kind.WEBHOOK, Kind.ROLE, Kind.ASSIGNMENT}
)
_STATES = {
    Verb.CREATE: ("is missing", "are missing"),
    Verb.UPDATE: ("is out of date", "are out of date"),
    Verb.DELETE: ("is no longer needed", "are no longer needed"),
}
_INSTALL = "Install the solution first (`python -m cli solution install`); `connect` alone makes its parts without it. "
_NAMED = 2  # so many of one kind are told by name; more are counted


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
    if changes:
        yield _due(changes)
    else:
        yield ok("registration", "Oneflow's webhooks and what Dynamics knows of the app are up to date.")


def _due(changes: Sequence[Change]) -> Finding:
    """One finding, since one command mends it all."""
    tell = failed if any(change.kind in _VITAL for change in changes) else warning
    alike: dict[tuple[Verb, Kind], list[Change]] = {}
    for change in sorted(changes, key=lambda one: list(_STATES).index(one.verb)):
        alike.setdefault((change.verb, change.kind), []).append(change)
    told = "; ".join(_told(verb, kind, some) for (verb, kind), some in alike.items())
    mend = "Run `python -m cli connect` (with --dry-run first, to see what it does)."
    return tell(
        "registration.due",
        f"What is registered does not match the mapping and the settings: {told}.",
        _INSTALL + mend if _has_no_solution(changes) else mend,
    )


def _has_no_solution(changes: Sequence[Change]) -> bool:
    return any(change.kind is Kind.SOLUTION and change.verb is Verb.CREATE for change in changes)


def _told(verb: Verb, kind: Kind, changes: Sequence[Change]) -> str:
    one, many = _STATES[verb]
    if len(changes) > _NAMED:
        return f"{len(changes)} {kind.many} {many}"
    state = many if kind is Kind.PRIVILEGES else one
    return " and ".join(f"the {kind} {change.name} {state}{_because(change)}" for change in changes)


def _because(change: Change) -> str:
    return f" ({', '.join(change.because)})" if change.verb is Verb.UPDATE and change.because else ""
