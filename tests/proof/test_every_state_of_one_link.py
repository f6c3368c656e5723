"""Every state that one link can reach, up to renaming of values and of fields that are alike: edits on either side,
pushes, fetches and automatic syncs, some of which die at any point, lose an answer, or are overtaken by somebody who
types; visited until there is no new one. An event is an automatic sync, a lost one is an edit that none follows."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

import pytest

from sync_core.engine.model.words import ConflictPolicy, Direction
from tests.proof.explorer import ALONE, TOGETHER, Explorer

log = logging.getLogger(__name__)

TWO_WAY, ONE_WAY = Direction.TWO_WAY, Direction.DYNAMICS_TO_ONEFLOW
ONEFLOW_WINS = ConflictPolicy.ONEFLOW_WINS
# `make prove`: two troubles on a path with one field, and one with two fields in every setting. `make test`: one, and
# with two fields only in the settings in which both sides are written at once.
ALL = bool(os.environ.get("PROOF_ALL"))
BOTH = {"a": TWO_WAY, "b": TWO_WAY}
MIXED = {"a": TWO_WAY, "b": ONE_WAY}
WITH_TROUBLE = [(BOTH, True, ONEFLOW_WINS), (MIXED, True, ONEFLOW_WINS)]
PAIRS = [
    (fields, auto_push, policy) for fields in (BOTH, MIXED) for auto_push in (False, True) for policy in ConflictPolicy
]


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Tens of thousands of syncs say the same."""
    caplog.set_level(logging.CRITICAL, logger="sync_core")


@pytest.mark.parametrize("auto_push", [False, True])
@pytest.mark.parametrize("policy", list(ConflictPolicy))
def test_no_reachable_state_of_one_field_loses_or_repeats_anything(
    auto_push: bool, policy: ConflictPolicy, record_property: Callable[[str, object], None]
) -> None:
    explorer = Explorer({"a": TWO_WAY}, auto_push, policy, most_troubles=2 if ALL else 1)
    explorer.explore()
    _tell(explorer, record_property, f"one field policy={policy} auto_push={auto_push}")
    assert explorer.states > 20
    assert set(ALONE) <= set(explorer.met)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("fields", "auto_push", "policy"),
    PAIRS,
    ids=lambda value: "+".join(value.values()) if isinstance(value, dict) else str(value),
)
def test_no_reachable_state_of_two_fields_loses_or_repeats_anything(
    fields: dict[str, Direction],
    auto_push: bool,
    policy: ConflictPolicy,
    record_property: Callable[[str, object], None],
) -> None:
    troubles = 1 if ALL or (fields, auto_push, policy) in WITH_TROUBLE else 0
    explorer = Explorer(fields, auto_push, policy, most_troubles=troubles)
    explorer.explore()
    _tell(explorer, record_property, f"two fields {'+'.join(fields.values())} policy={policy} auto_push={auto_push}")
    assert explorer.states > 100
    assert set(TOGETHER if troubles else ()) <= set(explorer.met)


def _tell(explorer: Explorer, record_property: Callable[[str, object], None], what: str) -> None:
    numbers = f"states={explorer.states} syncs={explorer.syncs} in_the_window={explorer.in_the_window}"
    record_property("states", numbers)
    log.info("explored %s %s", what, numbers)
