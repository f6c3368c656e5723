"""Every reason that the app can give has its words in Swedish."""

from __future__ import annotations

import re
from pathlib import Path

from sync_core.engine.model import reasons
from sync_core.engine.model.base import Unagreed, WhyOpen
from sync_core.engine.model.words import ContractState, Reason

ROOT = Path(__file__).resolve().parents[2]
SWEDISH = (ROOT / "web/strings/sv/reasons.js").read_text()


def spoken() -> set[str]:
    return set(re.findall(r'^  "reason\.(\w+)":', SWEDISH, re.MULTILINE))


def test_every_reason_has_swedish_words() -> None:
    known = {one.code for one in vars(reasons).values() if isinstance(one, Reason)}
    known |= {reasons.state_forbids(state).code for state in ContractState if not state.writable}
    known |= {reasons.not_agreed(Unagreed(why)).code for why in WhyOpen}
    known |= {reasons.refused("").code, reasons.not_done("").code}
    assert known <= spoken()


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
