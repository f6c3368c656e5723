"""How a link, its base, its intent and its history lie in one partition of table `contracts`.

| RowKey | |
|---|---|
| `0-link` | the link; its ETag guards every transaction of the partition |
| `1-base-00` ... | the base |
| `1-base-b01-00` ... | more of the base, where it is large: only the parts that moved are written |
| `2-intent-00` ... | the intent, while a sync is under way |
| `3-settled-00` ... | the fields of the intent that are settled already, where one transaction could not settle all |
| `h-<9999999999 less number>-00` ... | history, newest first |
| `i-checkpoint-00` | number and digest of the last entry that was let go |
| `i-checkpoint-base-00`, `i-checkpoint-base-b01-00` ... | the base then, in parts as the link's own |
| `k-<entry id>` | the number of a history entry: the index by id |

What an opening needs sorts before `h`, so one query brings it and never the history.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

from sync_core.adapters.storage.packing import packed, safe_key, unpacked
from sync_core.engine.model.asked import LastRequest
from sync_core.engine.model.base import Bases, FieldBase
from sync_core.engine.model.contracts import ContractFacts
from sync_core.engine.model.history import BaseJson, HistoryEntry
from sync_core.engine.model.instants import instant_of, instant_text
from sync_core.engine.model.intent import Intent
from sync_core.engine.model.link import LastChange, Link, Lock, OpenLink
from sync_core.engine.model.news import News
from sync_core.engine.settling.history_chain import Checkpoint

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Kept = TypeVar("Kept", bound="DataclassInstance")

LINK, BASE, INTENT, HISTORY, CHECKPOINT = "0-link", "1-base", "2-intent", "h", "i-checkpoint"
SETTLED, _CHECKPOINT_BASE = "3-settled", f"{CHECKPOINT}-base"
BASE_PART = 256 * 1024  # bytes of JSON in one part of a base: a tenth of a transaction, whatever else is in it
_ENTRY = "k"
_HIGHEST = 9_999_999_999
_TIMES = (
    *("looked_at", "looks_until", "last_synced_at", "touched_at", "paused_until", "broken_since"),
    *("refused_since", "refused_until", "standing_since"),
)

Row = dict[str, Any]
OneRow = TypeVar("OneRow", bound=Mapping[str, Any])


@dataclass(frozen=True, slots=True)
class BasePart:
    """Fields whose bases lie in rows together."""

    texts: Mapping[str, str]  # JSON of each base, by the field's key
    rows: int


@dataclass(frozen=True, slots=True)
class StoredLink(OpenLink):
    """An open link that knows which rows it came from."""

    base_parts: Mapping[str, BasePart] = field(default_factory=dict)  # by what their rows' keys begin with
    intent_rows: int = 0
    settled: tuple[str, ...] = ()  # fields of the stored intent that are settled already
    settled_rows: int = 0


@dataclass(frozen=True, slots=True)
class StoredCheckpoint(Checkpoint):
    """A checkpoint that knows which rows it came from."""

    parts: Mapping[str, BasePart] = field(default_factory=dict)
    rows: int = 0


def read_rows(rows: Iterable[Mapping[str, Any]], opened_at: datetime) -> StoredLink | None:
    """The partition's rows before the history, as one open link; None without a link row."""
    groups: dict[str, list[Any]] = grouped(rows)
    if LINK not in groups:
        return None
    (link_row,), intent, settled = groups[LINK], groups.get(INTENT, ()), groups.get(SETTLED, ())
    bases: dict[str, FieldBase] = {}
    parts = {}
    for prefix, part in groups.items():
        if prefix.startswith(BASE):
            content = {key: FieldBase.from_json(one) for key, one in unpacked(part).items()}
            parts[prefix] = BasePart({key: _text(one.to_json()) for key, one in content.items()}, len(part))
            bases |= content
    keys_settled = tuple(unpacked(settled)) if settled else ()
    return StoredLink(
        link_of(link_row),
        bases,
        Intent.from_json(unpacked(intent)).without(keys_settled) if intent else None,
        link_row.metadata["etag"],
        opened_at,
        parts,
        len(intent),
        keys_settled,
        len(settled),
    )


def link_of(row: Mapping[str, Any]) -> Link:
    content = unpacked([row])
    lock = content.get("lock")
    times = {name: instant_of(content[name]) for name in _TIMES if content.get(name)}
    known = {one.name for one in fields(Link)}
    return Link(
        **{name: value for name, value in content.items() if name in known and name not in _TIMES and name != "lock"}
        | times
        | {
            "field_ids": {int(key): name for key, name in content.get("field_ids", {}).items()},
            "automatic_writes": tuple(instant_of(one) for one in content.get("automatic_writes", ())),
            "lock": Lock(lock["holder"], instant_of(lock["expires_at"])) if lock else None,
            "facts": _as(ContractFacts, content.get("facts")),
            "last_change": _as(LastChange, content.get("last_change")),
            "last_request": _as(LastRequest, content.get("last_request")),
            "news": tuple(_news(one) for one in content.get("news", ())),
        }
    )


def _as(kind: type[Kept], content: Mapping[str, Any] | None) -> Kept | None:
    """Without members that this version does not know."""
    if content is None:
        return None
    known = {one.name for one in fields(kind)}
    return kind(**{name: value for name, value in content.items() if name in known})


def _news(content: Mapping[str, Any]) -> News:
    one = _as(News, content)
    assert one is not None
    return replace(one, fields=tuple(one.fields), entries=tuple(one.entries))


def link_row(partition: str, link: Link) -> Row:
    """`entity`, `record_id`, `status` and `due` stand open, for whoever looks with a storage browser."""
    content = asdict(link)
    for name in _TIMES:
        content[name] = instant_text(content[name]) if content[name] else None
    content["automatic_writes"] = [instant_text(moment) for moment in link.automatic_writes]
    if link.lock:
        content["lock"] = {"holder": link.lock.holder, "expires_at": link.lock.expires_at.isoformat()}
    head = {"entity": link.entity, "record_id": link.record_id, "status": link.status, "due": link.due or ""}
    return {"PartitionKey": partition, "RowKey": LINK, **head, **packed(content)[0]}


def base_rows(
    partition: str, known: Mapping[str, BasePart], bases: Bases
) -> tuple[list[Row], list[Row], Mapping[str, BasePart]]:
    """Rows to write and keys of rows to delete, so that the base is this one; and the parts that it then lies in."""
    return _in_parts(partition, BASE, known, {key: base.to_json() for key, base in bases.items()})


def _in_parts(
    partition: str, kind: str, known: Mapping[str, BasePart], bases: Mapping[str, BaseJson]
) -> tuple[list[Row], list[Row], Mapping[str, BasePart]]:
    """A field stays in its part; a part that grew too large gives some of its fields to new ones."""
    wanted = _placed(kind, known, {key: _text(base) for key, base in bases.items()})
    written: list[Row] = []
    deleted: list[Row] = []
    parts: dict[str, BasePart] = {}
    for prefix, group in list(wanted.items()):
        before = known.get(prefix)
        if before is not None and dict(before.texts) == group:
            parts[prefix] = before
            continue
        for place, fitting in enumerate(_divided(group)):
            here = prefix if place == 0 else _free(kind, wanted)
            wanted[here] = fitting
            rows = _rows(partition, here, {key: bases[key] for key in fitting})
            parts[here] = BasePart(fitting, len(rows))
            written += rows
        left = parts[prefix].rows if prefix in parts else 0
        deleted += keys(partition, prefix, before.rows if before else 0)[left:]
    return written, deleted, parts


def _placed(kind: str, known: Mapping[str, BasePart], texts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Each text in the part where it lies already, a new one in the newest."""
    lying = {key: prefix for prefix, part in known.items() for key in part.texts}
    newest = max(known, default=kind)
    placed: dict[str, dict[str, str]] = {prefix: {} for prefix in known}
    for key, text in texts.items():
        placed.setdefault(lying.get(key, newest), {})[key] = text
    return placed


def _divided(group: Mapping[str, str]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    room = 0
    for key, text in group.items():
        size = len(text.encode())
        if size > room or not found:
            found.append({})
            room = BASE_PART
        found[-1][key] = text
        room -= size
    return found


def _free(kind: str, taken: Iterable[str]) -> str:
    numbers = [int(one.removeprefix(f"{kind}-b")) for one in taken if one != kind]
    return f"{kind}-b{max(numbers, default=0) + 1:02d}"


def settled_rows(partition: str, settled: Sequence[str]) -> list[Row]:
    return _rows(partition, SETTLED, list(settled))


def intent_rows(partition: str, intent: Intent) -> list[Row]:
    return _rows(partition, INTENT, intent.to_json())


def history_rows(partition: str, entry: HistoryEntry) -> list[Row]:
    """`at` stands open, so that old entries can be found and let go; `indexed`: an `entry_row` goes with them."""
    rows = _rows(partition, history_key(entry.number), entry.to_json())
    rows[0]["indexed"] = True
    return [row | {"at": instant_of(entry.at)} for row in rows]


def history_key(number: int) -> str:
    """What the keys of this entry's rows begin with."""
    return f"{HISTORY}-{_HIGHEST - number:010d}"


def entry_key(entry_id: str) -> str:
    return f"{_ENTRY}-{safe_key(entry_id)}"


def entry_row(partition: str, entry: HistoryEntry) -> Row:
    return {"PartitionKey": partition, "RowKey": entry_key(entry.entry_id), "number": entry.number}


def checkpoint_rows(
    partition: str, known: StoredCheckpoint, checkpoint: Checkpoint
) -> tuple[list[Row], list[Row], list[Row], list[Row]]:
    """Of the checkpoint itself: rows to write and keys of rows to delete; and the same of its base. New parts of the
    base come first: a field that moves to one is in both, and never in none, should not all be stored at once."""
    content = checkpoint.to_json() | {"bases": {}}
    head = _rows(partition, CHECKPOINT, content)
    written, deleted, _ = _in_parts(partition, _CHECKPOINT_BASE, known.parts, checkpoint.bases)
    written.sort(key=lambda row: group_of(row) in known.parts)
    return head, keys(partition, CHECKPOINT, known.rows)[len(head) :], written, deleted


def checkpoint_of(rows: Iterable[Mapping[str, Any]]) -> StoredCheckpoint | None:
    base = grouped(rows)
    head = base.pop(CHECKPOINT, [])
    if not head and not base:
        return None
    known = Checkpoint(**unpacked(head)) if head else Checkpoint()
    bases: dict[str, BaseJson] = dict(known.bases)  # a version before kept them here
    parts = {}
    for prefix, part in base.items():
        content = unpacked(part)
        parts[prefix] = BasePart({key: _text(one) for key, one in content.items()}, len(part))
        bases |= content
    return StoredCheckpoint(known.number, known.digest, known.at, bases, parts, len(head))


def history_entries(rows: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, HistoryEntry]]:
    """Entries with the prefix of their rows' keys, in the order of the rows; an incomplete last one is left out."""
    for prefix, chunks in groupby(rows, key=group_of):
        yield prefix, HistoryEntry.from_json(unpacked(list(chunks)))


def group_of(row: Mapping[str, Any]) -> str:
    """What the keys of the rows begin with that hold one content: all but the place. The link is one by itself."""
    key = str(row["RowKey"])
    return key if key == LINK else key.rsplit("-", 1)[0]


def grouped(rows: Iterable[OneRow]) -> dict[str, list[OneRow]]:
    """In the order in which they come."""
    groups: dict[str, list[OneRow]] = {}
    for row in rows:
        groups.setdefault(group_of(row), []).append(row)
    return groups


def keys(partition: str, kind: str, count: int) -> list[Row]:
    return [{"PartitionKey": partition, "RowKey": f"{kind}-{place:02d}"} for place in range(count)]


def _rows(partition: str, kind: str, content: Any) -> list[Row]:
    parts = packed(content)
    return [{**key, **part} for key, part in zip(keys(partition, kind, len(parts)), parts, strict=True)]


def _text(base: BaseJson) -> str:
    return json.dumps(base, sort_keys=True, ensure_ascii=False)
