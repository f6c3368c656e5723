"""Yes and no: the article's words, and a row's own ones."""

from __future__ import annotations

from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.words import Canonical
from sync_core.engine.values.canonical import folded
from sync_core.errors import Unmappable

# The article's words (in any case); without labels of its own a row understands no others.
YES_WORDS = frozenset({"yes", "true", "1"})
NO_WORDS = frozenset({"no", "false", "0"})


def yes_no_text(value: str, _cell: Cell, column: Column) -> str:
    labels = column.row.labels
    if labels is not None:
        return labels.yes[0] if value == "true" else labels.no[0]
    return "Yes" if value == "true" else "No"


def read_yes_no(text: str, column: Column) -> Canonical:
    word, labels = folded(text), column.row.labels
    if word in YES_WORDS or (labels and word in map(folded, labels.yes)):
        return "true"
    if word in NO_WORDS or (labels and word in map(folded, labels.no)):
        return "false"
    own = f"{', '.join((*labels.yes, *labels.no))}, " if labels else ""
    raise Unmappable("not_yes_no", f"Not one of {own}Yes, No, True, False, 1, 0; write one of these in Oneflow.")
