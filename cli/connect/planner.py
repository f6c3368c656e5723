"""What must be done so that what is found becomes what is wanted. Pure: two lists in, a list of changes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cli.connect.items import ORDER, Change, Found, Kind, Ref, Verb, Wanted


def plan(wanted: Sequence[Wanted], found: Sequence[Found]) -> list[Change]:
    """Deletes that make room, then what is made or brought up to date, then what is no longer wanted.

    A webhook that is no longer wanted goes last, so that no event falls between it and the one that replaces it.
    """
    there = {one.key: one for one in found}
    anew = _to_be_made_anew(wanted, there)
    room = [
        Change(Verb.DELETE, one.kind, one.name, ("to be made anew",), found=one) for one in found if one.key in anew
    ]
    changes = _last_first(room)
    for one in sorted(wanted, key=lambda item: ORDER.index(item.kind)):
        known = there.get(one.key)
        if one.kind is Kind.PUBLISH:
            changes += _publishing(one, known, changes)
        elif known is None or one.key in anew:
            changes.append(Change(Verb.CREATE, one.kind, one.name, wanted=one))
        elif differing := _differing(one, known):
            changes.append(Change(Verb.UPDATE, one.kind, one.name, differing, one, known))
    names = {one.key for one in wanted}
    stale = [one for one in found if one.key not in names and one.ours]
    return changes + _last_first([Change(Verb.DELETE, one.kind, one.name, ("not wanted",), found=one) for one in stale])


def removal(found: Sequence[Found]) -> list[Change]:
    """What takes away all that is ours, and nothing else. A role's privileges go with the role."""
    gone_with_others = (Kind.PRIVILEGES, Kind.PUBLISH)
    ours = [one for one in found if one.ours and one.kind not in gone_with_others]
    return _last_first([Change(Verb.DELETE, one.kind, one.name, found=one) for one in ours])


def _to_be_made_anew(wanted: Sequence[Wanted], there: dict[Ref, Found]) -> set[Ref]:
    """Those with another fixed value, and whatever points to them."""
    anew = {
        one.key
        for one in wanted
        if (known := there.get(one.key)) and any(known.columns.get(name) != value for name, value in one.fixed.items())
    }
    while True:
        more = {one.key for one in wanted if one.key in there and anew & set(one.refs.values())} - anew
        if not more:
            return anew
        anew |= more


def _differing(wanted: Wanted, found: Found) -> tuple[str, ...]:
    columns = [name for name, value in wanted.columns.items() if not _same(value, found.columns.get(name))]
    refs = [name for name, target in wanted.refs.items() if found.refs.get(name, target) != target]
    return (*columns, *refs)


def _same(wanted: Any, found: Any) -> bool:
    """Of a set only what is missing counts: a platform may add to it by itself."""
    if isinstance(wanted, frozenset):
        return wanted <= (found or frozenset())
    return bool(wanted == found)


def _publishing(wanted: Wanted, known: Found | None, changes: Sequence[Change]) -> list[Change]:
    """After the last web resource that is made or changed, and where an earlier run did not come to it."""
    touched = any(change.kind is Kind.WEB_RESOURCE for change in changes)
    if touched or (known and _differing(wanted, known)):
        return [Change(Verb.UPDATE, wanted.kind, wanted.name, wanted=wanted, found=known)]
    return []


def _last_first(changes: list[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: ORDER.index(change.kind), reverse=True)
