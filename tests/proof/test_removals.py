"""The list of removals names rules that are there; `make removals` takes each out and says who notices."""

from __future__ import annotations

import pytest

from tests.proof.removals import REMOVALS, ROOT, Removal


@pytest.mark.parametrize("removal", REMOVALS, ids=lambda removal: removal.rule)
def test_each_rule_is_where_the_list_says(removal: Removal) -> None:
    assert (ROOT / removal.path).read_text().count(removal.old) == 1
    assert removal.new not in (removal.old, None)
