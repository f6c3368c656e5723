"""Columns of the common types, as tables are written down with them."""

from __future__ import annotations

from typing import Any

from sandbox.dataverse.schema import Attribute


def text(name: str, label: str, longest: int = 300, **more: Any) -> Attribute:
    return Attribute(name, "String", label, {"MaxLength": longest}, **more)


def when(name: str, label: str, behavior: str = "UserLocal", format_: str = "DateAndTime", **more: Any) -> Attribute:
    return Attribute(name, "DateTime", label, {"Format": format_, "DateTimeBehavior": {"Value": behavior}}, **more)


def states(
    open_to_closed: dict[int, tuple[str, str]], statuses: dict[int, tuple[int, str, str]]
) -> tuple[Attribute, Attribute]:
    """Each status with the state that it belongs to."""
    options = {status: (english, swedish) for status, (_, english, swedish) in statuses.items()}
    of = {status: state for status, (state, _, _) in statuses.items()}
    return (
        Attribute("statecode", "State", "Status", options=open_to_closed, required="SystemRequired"),
        Attribute("statuscode", "Status", "Status reason", options=options, states=of),
    )


def money(name: str, label: str, precision_source: int = 2, precision: int = 4, **more: Any) -> Attribute:
    limits = {"MinValue": 0, "MaxValue": 922337203685477, "Precision": precision, "PrecisionSource": precision_source}
    return Attribute(name, "Money", label, limits, **more)
