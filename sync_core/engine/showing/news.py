"""What of a closing is news for the record's owner, and how it is worded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sync_core.engine.model.history import OUR_WRITES, HistoryEntry, HistoryLine, LineKind
from sync_core.engine.model.instants import instant_of, instant_text
from sync_core.engine.model.link import Link
from sync_core.engine.model.news import News, NewsKind, Notify
from sync_core.engine.model.words import Action, ContractState, OneflowKind, Side
from sync_core.engine.values.canonical import shortened

APART = timedelta(minutes=15)  # news of changes of one contract
_CLOSES = timedelta(minutes=5)  # before it is told a piece of news takes no more in: as long as a sync lasts at most
_KEPT, _MOST = timedelta(days=4), 20  # for as long as a job of it may be tried; and how many
_FIELDS, _VALUES, _LONGEST = 20, 5, 100
_WRITES = OUR_WRITES | {LineKind.LATE}
# Nobody signs or declines a contract again: a read that lags shows it open, and the next one ended as before.
_ONCE = {NewsKind.SIGNED, NewsKind.DECLINED}
_OPEN = (ContractState.DRAFT, ContractState.PENDING)


def news_after(
    before: Link, after: Link, entries: Sequence[HistoryEntry], level: Notify, now: datetime, new_id: Callable[[], str]
) -> tuple[tuple[News, ...], list[News]]:
    """What the link keeps of news, and what of it is new."""
    kept = [one for one in before.news if instant_of(one.due_at) + _KEPT > now]
    text = instant_text(now)
    over = {one.kind for one in kept} & _ONCE
    kinds = [kind for kind in _kinds(before, after) if level.tells(kind) and kind not in over]
    fresh = [News(new_id(), kind, text, text) for kind in kinds]
    if level.tells(NewsKind.CHANGED) and (changed := _changes(entries)):
        kept, more = _gathered(kept, changed, now, new_id)
        fresh += more
    return (*kept[-_MOST:], *fresh), fresh


def _gathered(
    kept: Sequence[News], changed: Sequence[tuple[int, HistoryLine]], now: datetime, new_id: Callable[[], str]
) -> tuple[list[News], list[News]]:
    """Changes go into the news that is still to be told, or make a new one, apart from the last."""
    fields = _fields(changed)
    numbers = tuple(dict.fromkeys(number for number, _ in changed))
    told = [one for one in kept if one.kind == NewsKind.CHANGED]
    last = max(told, key=lambda one: instant_of(one.due_at), default=None)
    if last is not None and now < instant_of(last.due_at) - _CLOSES:
        return [_with(one, fields, numbers) if one is last else one for one in kept], []
    due = max(now, instant_of(last.due_at) + APART) if last is not None else now
    made = News(new_id(), NewsKind.CHANGED, instant_text(now), instant_text(due), fields[:_FIELDS], numbers)
    return list(kept), [made]


def _fields(changed: Sequence[tuple[int, HistoryLine]]) -> tuple[str, ...]:
    """As people call them, each once."""
    return tuple(dict.fromkeys(line.dynamics_label or line.dynamics_column or "" for _, line in changed))


def _with(news: News, fields: Iterable[str], numbers: Iterable[int]) -> News:
    more = tuple(dict.fromkeys((*news.fields, *fields)))
    return replace(news, fields=more[:_FIELDS], entries=tuple(dict.fromkeys((*news.entries, *numbers)))[-_FIELDS:])


def _kinds(before: Link, after: Link) -> list[NewsKind]:
    if after.status == "broken":
        return [NewsKind.BROKEN] if before.status != "broken" else []
    reset = before.signature_given and not after.signature_given and after.state in _OPEN
    came = {
        NewsKind.SIGNED: after.state == ContractState.SIGNED != before.state,
        NewsKind.DECLINED: after.state == ContractState.DECLINED != before.state,
        NewsKind.SIGNATURE_RESET: reset,
        NewsKind.CONFLICT: after.conflicts and not before.conflicts,
        NewsKind.REFUSED: after.refused and not before.refused,
    }
    return [kind for kind, is_so in came.items() if is_so]


def _changes(entries: Iterable[HistoryEntry]) -> list[tuple[int, HistoryLine]]:
    """What a sync without a person brought from Oneflow to Dynamics. That a contract was sent or signed has its own."""
    return [
        (entry.number, line)
        for entry in entries
        if entry.action == Action.AUTOMATIC
        for line in entry.fields
        if line.kind in _WRITES and line.side is Side.DYNAMICS and line.oneflow_kind is not OneflowKind.CONTRACT
    ]


def worded(news: News, link: Link, lines: Sequence[HistoryLine], swedish: bool) -> tuple[str, str]:
    """Title and text. `lines`: of what was changed, where values may be shown; empty else."""
    titles, texts = _WORDS[swedish][news.kind]
    text = texts.format(reason=link.reason or "")
    if news.fields:
        text += f"\n{', '.join(news.fields)}"
    for line in lines[:_VALUES]:
        name = line.dynamics_label or line.dynamics_column
        text += f"\n{name}: {_short(line.from_text)} → {_short(line.to_text)}"
    return titles.format(name=_short(link.name or str(link.contract_id))), text.strip()


def _short(text: str | None) -> str:
    return shortened(text or "-", _LONGEST)


_WORDS: dict[bool, dict[str, tuple[str, str]]] = {
    False: {
        NewsKind.CHANGED: ("{name}: changed in Oneflow", "The record has the new values of:"),
        NewsKind.CONFLICT: ("{name}: needs a decision", "A field was changed on both sides. Keep one in the widget."),
        NewsKind.REFUSED: ("{name}: a value was refused", "It was not carried over. The widget says why."),
        NewsKind.SIGNATURE_RESET: ("{name}: signatures were reset", "The contract was changed after somebody signed."),
        NewsKind.SIGNED: ("{name}: signed", "Everybody has signed."),
        NewsKind.DECLINED: ("{name}: declined", "A counterparty has declined the contract."),
        NewsKind.BROKEN: ("{name}: the link is broken", "{reason}"),
    },
    True: {
        NewsKind.CHANGED: ("{name}: ändrat i Oneflow", "Posten har de nya värdena för:"),
        NewsKind.CONFLICT: ("{name}: behöver ett beslut", "Ett fält har ändrats på båda sidor. Behåll en i widgeten."),
        NewsKind.REFUSED: ("{name}: ett värde nekades", "Det fördes inte över. Widgeten säger varför."),
        NewsKind.SIGNATURE_RESET: ("{name}: signaturer nollställdes", "Avtalet ändrades efter att någon signerat."),
        NewsKind.SIGNED: ("{name}: signerat", "Alla har signerat."),
        NewsKind.DECLINED: ("{name}: avböjt", "En motpart har avböjt avtalet."),
        NewsKind.BROKEN: ("{name}: länken är bruten", "{reason}"),
    },
}  # fmt: skip
