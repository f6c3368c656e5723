"""A record's id has one spelling, wherever it comes from."""

from __future__ import annotations

import pytest

from sync_core.engine.model.ids import canonical_id

ID = "0bb00000-0000-4000-8000-00000000000f"


@pytest.mark.parametrize(
    "spelled",
    [ID, ID.upper(), f"{{{ID}}}", f"{{{ID.upper()}}}", f"({ID})", ID.replace("-", ""), f" {ID.upper()}\n"],
)
def test_every_spelling_of_a_guid_is_the_same_id(spelled: str) -> None:
    assert canonical_id(spelled) == ID


@pytest.mark.parametrize("text", ["", "me", "x' or 1 eq 1", "{}", ID[:-1], f"{ID}0", "\u0660" * 32, "../" + ID])
def test_what_is_no_guid_is_left_as_it_is(text: str) -> None:
    assert canonical_id(text) == text
