"""A mapping row's options, as JSON: their shapes are checked here, their sense by the engine (row_checks.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sync_core.engine.model.row_options import Format, Labels, Length, RowOptions

Take = Callable[[str], Any]
Wrong = Callable[[str, str], None]


def row_options(take: Take, wrong: Wrong) -> RowOptions:
    """The options among a row's members; `take` gives one, `wrong` notes a problem."""
    zone, resolve = take("time_zone"), take("resolve_labels")
    if not isinstance(zone, str | None) or zone == "":
        wrong("time_zone", "must be the IANA name of a time zone, such as Europe/Stockholm")
        zone = None
    if not isinstance(resolve, str | bool | None) or resolve == "":
        wrong("resolve_labels", "must be true, false or the name of a key column")
        resolve = False
    return RowOptions(zone, _labels(take("labels"), wrong), _format(take("format"), wrong), resolve or False)


def _labels(content: Any, wrong: Wrong) -> Labels | None:
    if content is None:
        return None
    if isinstance(content, dict) and content.keys() == {"yes", "no"}:
        yes, no = content["yes"], content["no"]
        if all(isinstance(words, list) and all(isinstance(word, str) for word in words) for words in (yes, no)):
            return Labels(tuple(yes), tuple(no))
    wrong("labels", 'must be as {"yes": ["Ja", "Yes"], "no": ["Nej", "No"]}; the first of each is written')
    return None


def _format(content: Any, wrong: Wrong) -> Format | None:
    if content is None:
        return None
    if isinstance(content, dict) and isinstance(content.get("locale"), str) and _known(content):
        length = content.get("length", Length.LONG)
        currency = content.get("currency", False)
        if length in tuple(Length) and isinstance(currency, bool):
            return Format(content["locale"], Length(length), currency)
    words = ", ".join(Length)
    wrong("format", f'must be as {{"locale": "sv-SE"}}, with "length" ({words}) for dates, "currency" for money')
    return None


def _known(content: Mapping[str, Any]) -> bool:
    return content.keys() <= {"locale", "length", "currency"}
