"""Where the environment blocks unmanaged customizations: what of a plan is possible there, and the way round the rest.

https://learn.microsoft.com/power-platform/alm/block-unmanaged-customizations
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cli.connect.items import Change, Kind, Verb

# What people set, not how the environment is made.
_FREE = frozenset({Kind.ASSIGNMENT, Kind.VARIABLE, Kind.WEBHOOK, Kind.ENDPOINT})
_WAYS: Mapping[Kind, str] = {
    Kind.PRIVILEGES: "the role keeps what the solution gives it: opportunities and quotes. For other tables bring a "
    "role in a managed solution of your own, and give it to the application user as well",
    Kind.STEP: "steps stay as the solution has them: every change of an opportunity or quote is told, and the app "
    "drops what is not mapped. Further tables, and the messages ofs_..., come with an export from a development "
    "environment that is connected",
    Kind.FORM: "a tab on a form is an unmanaged change; the command bar opens the widget beside every form",
    Kind.COMMAND: "commands of further tables come with an export from a development environment that is connected",
}
# Where the endpoint is refused as well, which is not documented.
_WITHOUT_ENDPOINT: Mapping[Kind, str] = {
    Kind.ENDPOINT: "where Dynamics sends its events, and with which key, cannot be set there",
    Kind.STEP: "steps stay switched off, since they would lead nowhere. Reconcile alone finds what changes in Dynamics",
}
_NO_WAY = "it comes with the managed solution alone; an upgrade brings it up to date"


class Blocked(Exception):
    """The environment blocks unmanaged customizations, and refused one of this kind."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Possible:
    """`told`: of each kind that is left out, what it means there."""

    changes: tuple[Change, ...]
    left_out: tuple[Change, ...]
    told: tuple[str, ...]


def possible(changes: Sequence[Change], endpoint: bool = True) -> Possible:
    """`endpoint`: whether its address and key may be set there."""
    free, ways = _FREE, _WAYS
    if not endpoint:
        free, ways = _FREE - {Kind.ENDPOINT}, {**_WAYS, **_WITHOUT_ENDPOINT}
    kept: list[Change] = []
    left: list[Change] = []
    for change in changes:
        if change.kind in free:
            kept.append(change)
            continue
        update = change.kind is Kind.STEP and change.verb is Verb.UPDATE
        switching = endpoint and update and "statecode" in change.because
        if switching:
            kept.append(replace(change, because=("statecode",)))
        if not switching or change.because != ("statecode",):
            left.append(change)
    kinds = dict.fromkeys(change.kind for change in left)
    told = tuple(f"{kind}: {ways.get(kind, _NO_WAY)}." for kind in kinds)
    return Possible(tuple(kept), tuple(left), told)
