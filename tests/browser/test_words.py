"""Every reason that the app can give has its words in Swedish."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sync_core.engine.model import reasons
from sync_core.engine.model.base import Unagreed, WhyOpen
from sync_core.engine.model.words import ContractState, Reason, Side
from sync_core.engine.switching import plan_lines
from sync_core.usecases.switching import troubles

ROOT = Path(__file__).resolve().parents[2]
SWEDISH = (ROOT / "web/strings/sv/reasons.js").read_text()


def spoken() -> set[str]:
    return set(re.findall(r'^  "reason\.(\w+)":', SWEDISH, re.MULTILINE))


def test_every_reason_has_swedish_words() -> None:
    known = {one.code for one in vars(reasons).values() if isinstance(one, Reason)}
    known |= {reasons.state_forbids(state).code for state in ContractState if not state.writable}
    known |= {reasons.not_agreed(Unagreed(why)).code for why in WhyOpen}
    known |= {one.code for one in reasons.REFUSALS.values()}
    known |= {"refused", "not_done"}  # of history that was written before each cause had a reason of its own
    assert known <= spoken()


def test_what_switching_over_leaves_and_refuses_has_swedish_words() -> None:
    assert {one.code for one in troubles.ALL} <= spoken()
    said = {"It is in do, too.", *(f"It cannot be linked: {why}." for why in plan_lines._WHY_NOT.values())}
    for name in ("desk", "link_run", "settle_run"):
        text = (ROOT / f"sync_core/usecases/switching/{name}.py").read_text()
        said |= set(re.findall(r'(?:Taken\(|Became\.LEFT, |_CAME_FIRST = )"([^"]+)"', text))
    assert len(said) >= 11
    names = {re.sub(r"\W+", "-", text.lower()).strip("-") for text in said}
    assert names <= set(re.findall(r'"said\.([^"]+)":', SWEDISH))


def test_what_a_vendor_says_in_its_own_words_has_its_place_in_swedish_too() -> None:
    for one in reasons.REFUSALS.values():
        line = next(line for line in SWEDISH.splitlines() if f'"reason.{one.code}":' in line)
        assert ("{said}" in line) == ("{said}" in one.text), one.code


@pytest.mark.parametrize("side", list(Side))
def test_the_swedish_words_name_the_side_that_the_reason_speaks_of(side: Side) -> None:
    spoken_of = {one.code for (of, _), one in reasons.REFUSALS.items() if of is side}
    spoken_of |= {"oneflow_away", "oneflow_limits"} if side is Side.ONEFLOW else {"dynamics_away", "dynamics_limits"}
    for code in spoken_of:
        line = next(line for line in SWEDISH.splitlines() if f'"reason.{code}":' in line).partition(":")[2]
        other = "Dynamics" if side is Side.ONEFLOW else "Oneflow"
        assert side.title() in line and other not in line, code


def test_every_refusal_of_a_value_has_swedish_words() -> None:
    text = "".join(path.read_text() for path in (ROOT / "sync_core/engine").rglob("*.py"))
    codes = set(re.findall(r'Unmappable\(\s*"(\w+)"', text))
    assert codes
    assert codes <= spoken()


def test_every_broken_link_has_swedish_words() -> None:
    text = (ROOT / "sync_core/usecases/sync/broken_links.py").read_text()
    texts = set(re.findall(r'"((?:The record|The contract|Access|The application)[^"]+\.)"', text))
    assert len(texts) >= 4
    names = {re.sub(r"\W+", "-", text.lower()).strip("-") for text in texts}
    assert names <= set(re.findall(r'"said\.([^"]+)":', SWEDISH))
