"""No number passes through binary floating point, on any way between the two vendors."""

from __future__ import annotations

import ast
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sync_core.adapters.dataverse.cells import cell_of, json_of
from sync_core.adapters.dataverse.metadata import Currency, Table
from sync_core.adapters.exact_json import exact_json, parsed
from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.row_options import Format, RowOptions
from sync_core.engine.model.tables import Entity
from sync_core.engine.model.words import ColumnType
from sync_core.engine.values import NUMBERS, text_of, value_of
from sync_core.engine.values.types import TYPES

T = ColumnType
ROOT = Path(__file__).resolve().parents[2] / "sync_core"
OF_DATAVERSE = ("cells", "columns", "client", "references", "related")
PLACES = [
    *(ROOT / "engine").rglob("*.py"),
    *[ROOT / "adapters" / "dataverse" / f"{name}.py" for name in OF_DATAVERSE],
    ROOT / "adapters" / "exact_json.py",
]
ALL_PLACES = [path for part in ("adapters", "usecases") for path in (ROOT / part).rglob("*.py")]
# Numbers that no binary float holds, each with its column's decimals.
EXACT = {
    T.WHOLE_NUMBER: ["2147483647", "-2147483648"],
    T.BIG_INTEGER: ["9223372036854775807", "9007199254740993"],
    T.DECIMAL: ["0.1234567891", "-99999999999.9999999999"],
    T.DOUBLE: ["0.1", "99999999999.99999"],
    T.MONEY: ["922337203685477.5807", "0.07", "-0.0001"],
}
TABLE = Table(Entity("opportunity", "Opportunity", "opportunities", "opportunityid", "name"), {})


def walk(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [one for part in value.values() for one in walk(part)]
    return [one for part in value for one in walk(part)] if isinstance(value, list) else [value]


@pytest.mark.parametrize("kind", [kind for kind in T if TYPES[kind].never is None])
@pytest.mark.parametrize("row", [RowOptions(), RowOptions(format=Format("sv-SE"))], ids=["plain", "format"])
def test_a_number_keeps_every_digit_from_json_to_json(kind: ColumnType, row: RowOptions) -> None:
    assert (kind in NUMBERS) == (kind in EXACT), "every type of numbers is walked"
    for number in EXACT.get(kind, []):
        column = Column("new_number", "Number", kind, precision=10, row=row)
        good, answer = parsed(f'{{"new_number": {number}}}'.encode())
        assert good
        assert not any(isinstance(one, float) for one in walk(answer))
        cell = cell_of(answer, column, TABLE, Currency())
        assert isinstance(cell, Cell)
        assert cell.value is not None
        assert Decimal(cell.value) == Decimal(number)
        value = value_of(text_of(cell, column), column)
        sent = json_of(value, column, TABLE)
        assert isinstance(sent, int | Decimal)
        assert exact_json({"new_number": sent}).replace(" ", "") == f'{{"new_number":{number}}}'


def test_nothing_that_talks_to_a_vendor_or_to_storage_calls_for_a_float() -> None:
    calls = [path for path in ALL_PLACES if "float(" in path.read_text(encoding="utf-8")]
    assert [path.name for path in calls] == ["retry_after.py"], "seconds that a vendor asks to be waited for"


def test_no_code_that_values_pass_through_makes_a_float() -> None:
    found = []
    for path in PLACES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"
            literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
            if (
                isinstance(node, ast.expr) and (called or literal) and "schedule" not in path.name
            ):  # seconds are no values of fields
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []
