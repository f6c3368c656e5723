"""Writes docs/values.md from the table of column types: what goes out, what is understood back, what is refused."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sync_core.engine.deciding.party_fields import FIELDS, FIT_TEXTS, LONGEST  # noqa: E402
from sync_core.engine.model.records import Cell, Column  # noqa: E402
from sync_core.engine.model.row_options import Format, Labels, RowOptions  # noqa: E402
from sync_core.engine.model.words import ColumnType, Direction, OneflowKind  # noqa: E402
from sync_core.engine.rows.eligibility import lifted_by, options_of, refusals  # noqa: E402 the path comes first
from sync_core.engine.values import text_of  # noqa: E402
from sync_core.engine.values.locales import FORMAT_LOCALES  # noqa: E402
from sync_core.engine.values.option_texts import OPTION_TEXTS  # noqa: E402
from sync_core.engine.values.types import TYPES  # noqa: E402

PAGE = ROOT / "docs" / "values.md"
HEAD = """# How values cross

Made from the code by `make values-page`; a test holds it to the code. A value crosses as one exact value of its type;
the contract's side is always text of at most 1,024 characters, and empty text is an empty column (not for Yes/No and
required columns). What cannot be converted skips that one field with a reason and never the others. No number is ever
rounded and none passes through binary floating point.

Secured columns are left out with a reason, since without the right to them they read as empty or masked. Calculated,
rollup and formula columns, and columns that Dynamics does not let be changed, are never two-way.

Definitions of columns, labels among them, are kept for ten minutes. Before something is refused to a person as unknown
they are read once more, and so they are where Dynamics shows a record's option under a name that is none of the known
labels: a label that is renamed while the record keeps its option goes out in its new words with the next push.
"""
RELATED = """## Columns of related records

A row may show a column of the record that a lookup points at: `parentaccountid.name`. It is read in the record's own
request, by its type's row above, in the directions 1 and 2; the related record is never written. An empty lookup is an
empty column. A related record that the acting user may not read is left out with a reason, never taken for empty.

Lookups that may point at several tables (customers, owners, regarding) have no such columns, since the columns would
depend on the record; the lookup itself shows the name. One step only, and through at most 15 lookups of a table, which
is what Dataverse takes in one request.

When the record is made to point at another one, Dynamics tells of it. When the related record itself is changed, it
does not, since nothing of the record changed: the next push, or reconcile, finds the new value.
"""
FIRST_PARTY = f"""## Party and participant fields

A row's `oneflow_kind` may be `party` or `participant`: its `oneflow_field` is then no data field's but one of these, of
the first party that is not ours and of that party's first participant. Each may be mapped once, by `sync_once` only.
They are filled when a contract is created, by the column's type's row above; what the person who creates it chose stays
and is told. Oneflow keeps them apart from a contract's data fields, so nothing comes back from them and nothing
looks at them again: other directions are refused. No text may be longer than {LONGEST} characters. Nobody is invited
without a name, and a party that is a person has no company's name or number. A field that is empty in Dynamics stays
as it is.

| `oneflow_kind` | `oneflow_field` | what | goes out as | refused |
|---|---|---|---|---|
"""
NUMBER = "1250000.5"
EXAMPLES = (
    (ColumnType.MONEY, Cell(NUMBER, precision=2, currency="SEK"), RowOptions()),
    (ColumnType.MONEY, Cell(NUMBER, precision=2, currency="SEK"), RowOptions(format=Format("sv-SE", currency=True))),
    (ColumnType.MONEY, Cell(NUMBER, precision=2, currency="USD"), RowOptions(format=Format("en-US", currency=True))),
    (ColumnType.DECIMAL, Cell(NUMBER), RowOptions(format=Format("de-DE"))),
    (ColumnType.DATE_ONLY, Cell("2026-03-12"), RowOptions()),
    (ColumnType.DATE_ONLY, Cell("2026-03-12"), RowOptions(format=Format("sv-SE"))),
    (ColumnType.DATE_TIME, Cell("2026-10-25T00:30:00Z"), RowOptions()),
    (ColumnType.DATE_TIME, Cell("2026-10-25T00:30:00Z"), RowOptions("Europe/Stockholm")),
    (ColumnType.DATE_TIME, Cell("2026-07-01T11:45:00Z"), RowOptions("Europe/Oslo", format=Format("nb-NO"))),
    (ColumnType.YES_NO, Cell("true"), RowOptions(labels=Labels(("Ja",), ("Nej",)))),
)


def page() -> str:
    lines = [HEAD, "## Column types", ""]
    lines += ["| type | directions | goes out as | understood back | refused | options |", "|---|---|---|---|---|---|"]
    lines += [_row(kind) for kind in ColumnType]
    lines += [
        "",
        "Directions: 1 `sync_once`, 2 `dynamics_to_oneflow`, 3 `two_way`; in brackets with the option named.",
        "",
    ]
    lines += ["## Why not", "", *[f"- {TYPES[kind].name}: {why}" for kind in ColumnType if (why := _why(kind))], ""]
    lines += [RELATED, FIRST_PARTY + "\n".join(_first_party()), ""]
    lines += [f"Other directions: {_other_directions()}", ""]
    lines += ["## Options of a row", ""]
    lines += [f"- `{option}`: {text}" for option, text in OPTION_TEXTS.items()]
    lines += ["", f"Locales of `format`: {', '.join(FORMAT_LOCALES)}.", "", "## Examples", ""]
    lines += ["| type | value | options | text |", "|---|---|---|---|", *[_example(*one) for one in EXAMPLES], ""]
    return "\n".join(lines)


def _column(kind: ColumnType, row: RowOptions | None = None) -> Column:
    return Column("column", "Column", kind, row=row or RowOptions())


def _row(kind: ColumnType) -> str:
    value, column = TYPES[kind], _column(kind)
    refused, lifts = refusals(column), lifted_by(column)
    numbers = [
        str(number) if one not in refused else f"({number}: `{lifts[one]}`)"
        for number, one in enumerate(Direction, 1)
        if one not in refused or one in lifts
    ]
    options = ", ".join(f"`{option}`" for option in options_of(column))
    return (
        f"| {value.name} | {' '.join(numbers) or 'none'} | {value.out} | {value.back} | {value.refused} | {options} |"
    )


def _first_party() -> Iterator[str]:
    for kind, fields in FIELDS.items():
        for name, (label, fit) in fields.items():
            out, refused = FIT_TEXTS[fit]
            yield f"| `{kind}` | `{name}` | {label} | {out} | {refused} |"


def _other_directions() -> str:
    """The reasons that the settings give for them."""
    reasons = refusals(_column(ColumnType.TEXT), OneflowKind.PARTY)
    of_fields = (Direction.TWO_WAY, Direction.DYNAMICS_TO_ONEFLOW)
    assert set(reasons) == {*of_fields, Direction.ONEFLOW_TO_DYNAMICS}
    return " ".join(dict.fromkeys(reasons[one].text for one in of_fields))


def _why(kind: ColumnType) -> str | None:
    return TYPES[kind].never or TYPES[kind].one_way


def _example(kind: ColumnType, cell: Cell, row: RowOptions) -> str:
    column = _column(kind, row)
    options = ", ".join(f"`{name}`: {_plain(value)}" for name, value in row.to_json().items()) or "none"
    return f"| {TYPES[kind].name} | `{cell.value}` | {options} | `{text_of(cell, column)}` |"


def _plain(value: object) -> str:
    return ", ".join(map(str, value.values())) if isinstance(value, dict) else str(value)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
