"""The filters of GET /contracts (reference/get-contracts). Some names are inferred from their descriptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandbox.oneflow.account.model import STATES, Contract, Participant
from sandbox.oneflow.api.lists import any_of, in_range
from sandbox.oneflow.api.problems import invalid

Test = Callable[[Contract], bool]
LONGEST_MATCH = 600


def matching(wanted: Mapping[str, str]) -> Test:
    tests = [FILTERS[name](value) for name, value in wanted.items()]
    return lambda contract: all(test(contract) for test in tests)


def _states(text: str) -> Test:
    wanted = any_of(text)
    if not wanted <= {*STATES, "canceled"}:
        raise invalid({"filter[states]": ["Unknown state."]})
    return lambda c: c.state in wanted


def _data_field_match(text: str) -> Test:
    custom_id, colon, value = text.partition(":")
    if not colon or not custom_id or not value or len(text) > LONGEST_MATCH:
        raise invalid({"filter[data_field_match]": ["Must be <custom_id>:<value>, at most 600 characters."]})
    return lambda c: any(f.custom_id == custom_id and f.value == value for f in c.fields)


def _query(text: str) -> Test:
    wanted = text.lower()
    return lambda c: wanted in c.name.lower() or any(wanted in party.name.lower() for party in c.parties)


def _ids(name: str, most: int, of: Callable[[Contract], int | None]) -> Callable[[str], Test]:
    def build(text: str) -> Test:
        parts = any_of(text)
        if len(parts) > most or not all(part.isascii() and part.isdigit() for part in parts):
            raise invalid({f"filter[{name}]": [f"Must be at most {most} ids."]})
        wanted = {int(part) for part in parts}
        return lambda c: of(c) in wanted

    return build


def _participant(of: Callable[[Participant], str | None], fold: bool = False) -> Callable[[str], Test]:
    def build(text: str) -> Test:
        wanted = {part.lower() for part in any_of(text)} if fold else any_of(text)

        def test(c: Contract) -> bool:
            values = [of(p) or "" for _, p in c.participants()]
            return any((value.lower() if fold else value) in wanted for value in values)

        return test

    return build


def _published(text: str) -> Test:
    inside = in_range("published_time", text)
    return lambda c: inside(c.published_time)


def _created(text: str) -> Test:
    inside = in_range("created_time", text)
    return lambda c: inside(c.created_time)


def _closed(text: str) -> Test:
    inside = in_range("closed_time", text)
    return lambda c: c.state in ("signed", "declined") and inside(c.state_updated_time)


def _name(text: str) -> Test:
    wanted = any_of(text)
    return lambda c: c.name in wanted or c.name == text


FILTERS: dict[str, Callable[[str], Test]] = {
    "closed_time": _closed,
    "contract_ids": _ids("contract_ids", 200, lambda c: c.id),
    "created_time": _created,
    "data_field_match": _data_field_match,
    "folder_ids": _ids("folder_ids", 100, lambda c: c.folder_id),
    "name": _name,
    "participant_custom_id": _participant(lambda p: p.custom_id),
    "participant_email": _participant(lambda p: p.email, fold=True),
    "participant_identification_number": _participant(lambda p: p.identification_number),
    "published_time": _published,
    "query": _query,
    "states": _states,
    "workspace_ids": _ids("workspace_ids", 100, lambda c: c.workspace_id),
}
