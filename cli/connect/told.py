"""Which changes Dynamics tells the app of, once a plan is carried out. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cli.connect.items import Change, Found, Kind, Verb
from dynamics.description.steps import step_name
from sync_core.usecases.administration.registrations import Steps

_UPDATES = step_name("Update", " ").strip()
_ON = 0  # statecode of a step


def told_of(found: Sequence[Found], changes: Sequence[Change]) -> Steps:
    """By the steps as they are then, not as they should be: where customizations are blocked some cannot be made."""
    steps: dict[str, Mapping[str, Any]] = {one.name: one.columns for one in found if one.kind is Kind.STEP}
    for change in changes:
        if change.kind is not Kind.STEP:
            continue
        if change.verb is Verb.DELETE or change.wanted is None:
            steps.pop(change.name, None)
        elif change.verb is Verb.CREATE:
            steps[change.name] = change.wanted.columns
        else:
            now = {name: value for name, value in change.wanted.columns.items() if name in change.because}
            steps[change.name] = {**steps[change.name], **now}
    return {
        name.removeprefix(_UPDATES).strip(): _columns(step.get("filteringattributes"))
        for name, step in steps.items()
        if name.startswith(_UPDATES) and step.get("statecode") == _ON
    }


def _columns(filtering: str | None) -> list[str] | None:
    return filtering.split(",") if filtering else None
