"""A plan as files: JSON, one line of the plan on each line, and CSV, for a spreadsheet. Both are read line by line.

Spreadsheets run what looks like a formula, and turn digits into numbers: what they would spoil is written so that they
leave it alone, and read back as it was.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Protocol

from sync_core.engine.switching.comparing import Agreement
from sync_core.engine.switching.plan_lines import PlanHead, PlanKind
from sync_core.errors import Invalid

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_DIGESTS = frozenset({"seen", "seal"})  # a spreadsheet would take some of them for numbers
_DIGEST = "#"
_COLUMNS: Mapping[PlanKind, Sequence[str]] = {
    PlanKind.LINK: (
        *("link", "contract_id", "contract", "state", "finding", "rule", "entity", "record_id", "record", "why"),
        *("agrees", "differs", "left", "first_look_writes", "differing_fields", "left_fields", "seen", "seal", "plan"),
    ),
    PlanKind.SETTLE: (
        *("settle", "contract_id", "contract", "entity", "record_id", "dynamics_column", "oneflow_field", "rule"),
        *("keep", "why", "oneflow", "dynamics", "seen", "seal", "plan"),
    ),
}
_DECISIONS = {True: "yes", False: "no", None: ""}


class PlanLine(Protocol):
    """What a plan is made of: see engine/switching/plan_lines.py."""

    def to_json(self, head: PlanHead, values: bool) -> dict[str, Any]: ...


class PlanWriter:
    """Writes both files as lines come. Until `finish` they have other names: no half plan is ever taken for one."""

    def __init__(self, head: PlanHead, target: Path, values: bool) -> None:
        self._head, self._values = head, values
        self.json, self.csv = target.with_suffix(".json"), target.with_suffix(".csv")
        self._parts = [path.with_name(f"{path.name}.part") for path in (self.json, self.csv)]
        for path in self._parts:
            path.unlink(missing_ok=True)
            path.touch(mode=0o600)  # names of customers, and their data where values were asked for
        self._json: IO[str] = self._parts[0].open("w", encoding="utf-8")
        self._csv: IO[str] = self._parts[1].open("w", encoding="utf-8-sig", newline="")
        self._begun = False

    def write(self, lines: Iterable[PlanLine]) -> None:
        self._write([one.to_json(self._head, self._values) for one in lines])

    def finish(self, counts: Mapping[str, int]) -> None:
        self._write([], counts)
        self.close()
        for part, path in zip(self._parts, (self.json, self.csv), strict=True):
            part.replace(path)

    def close(self) -> None:
        self._json.close()
        self._csv.close()

    def _write(self, lines: Sequence[Mapping[str, Any]], counts: Mapping[str, int] | None = None) -> None:
        if not lines and counts is None:
            return
        self._json.write(json_part(self._head, lines, begins=not self._begun, counts=counts))
        self._csv.write(csv_part(self._head, lines, begins=not self._begun))
        self._begun = True


def json_part(
    head: PlanHead, lines: Iterable[Mapping[str, Any]], begins: bool, counts: Mapping[str, int] | None
) -> str:
    """A part of the file, the first one where it `begins`; the last one has the counts."""
    texts = ",\n".join(json.dumps(one, ensure_ascii=False) for one in lines)
    known = {"id": head.id, "kind": str(head.kind), "environment": head.environment, "made_at": head.made_at}
    start = f'{{"plan": {json.dumps(known)},\n"lines": [' if begins else ""
    between = ("\n" if begins else ",\n") if texts else ""
    end = f'\n],\n"counts": {json.dumps(dict(counts))}}}\n' if counts is not None else ""
    return start + between + texts + end


def csv_part(head: PlanHead, lines: Iterable[Mapping[str, Any]], begins: bool) -> str:
    """The same as CSV, without the mark that says how its text is encoded."""
    text = io.StringIO(newline="")
    rows = csv.DictWriter(text, _COLUMNS[head.kind], extrasaction="ignore")
    if begins:
        rows.writeheader()
    rows.writerows(_cells(head, one) for one in lines)
    return text.getvalue()


def part_of_file(
    head: PlanHead, lines: Iterable[Mapping[str, Any]], format_: str, begins: bool, counts: Mapping[str, int] | None
) -> str:
    """The same in either format, the mark included."""
    if format_ == "json":
        return json_part(head, lines, begins, counts)
    return ("\ufeff" if begins else "") + csv_part(head, lines, begins)


def _cells(head: PlanHead, content: Mapping[str, Any]) -> dict[str, str]:
    named = {str(name): value for name, value in content.items() if name != "fields"}
    fields = content.get("fields") or ()
    for column, agreement in (("differing_fields", Agreement.DIFFERS), ("left_fields", Agreement.LEFT)):
        named[column] = "; ".join(_told(one) for one in fields if one["agreement"] == agreement)
    named[head.decision] = _DECISIONS[content[head.decision]]
    named["plan"] = head.id
    return {name: _guarded(name, "" if value is None else str(value)) for name, value in named.items()}


def _told(field: Mapping[str, Any]) -> str:
    """A field, with both values where they may be seen."""
    if "oneflow" not in field or field["reason"]:
        return str(field["oneflow_field"])
    return f"{field['oneflow_field']}: Oneflow {field['oneflow']!r}, Dynamics {field['dynamics']!r}"


def _guarded(name: str, text: str) -> str:
    if name in _DIGESTS:
        return _DIGEST + text
    return f"'{text}" if text.startswith(_FORMULA) else text


def _read_cell(name: str, text: str) -> str:
    if name in _DIGESTS:
        return text.removeprefix(_DIGEST)
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


Lines = Iterator[tuple[int, Mapping[str, Any]]]


def read_plan(path: Path, environment: str) -> tuple[PlanHead, Lines]:
    """The plan's head, and its lines with their numbers in the file. Invalid where it is no plan, or of another
    environment."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            start = file.read(1)
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} cannot be read ({type(error).__name__}).") from error
    if not start:
        raise Invalid(f"{path} is empty.")
    return _read_json(path, environment) if start == "{" else _read_csv(path, environment)


def _read_json(path: Path, environment: str) -> tuple[PlanHead, Lines]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            first = file.readline().strip()
    except UnicodeDecodeError as error:
        raise Invalid(f"{path} cannot be read as JSON in UTF-8.") from error
    if first.endswith("},"):
        try:
            known = json.loads(f"{first[:-1]}}}")["plan"]
        except (ValueError, KeyError, TypeError):
            known = None
        if known is not None:
            return _head(known, environment, path), _json_lines(path)
    whole = _whole_json(path)
    lines = whole.get("lines")
    if not isinstance(lines, list):
        raise Invalid(f"{path} is no plan: it has no lines.")
    return _head(whole.get("plan"), environment, path), _entries(lines)


def _whole_json(path: Path) -> Mapping[str, Any]:
    """A plan that was laid out anew by some editor."""
    try:
        whole = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise Invalid(f"{path} cannot be read as JSON: {error}.") from error
    if not isinstance(whole, dict):
        raise Invalid(f"{path} is no plan.")
    return whole


def _entries(lines: Sequence[Any]) -> Lines:
    for number, content in enumerate(lines, 1):
        yield number, content if isinstance(content, dict) else {}


def _json_lines(path: Path) -> Lines:
    ended = False
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            try:
                text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                raise Invalid(f"{path}, line {number}: it cannot be read as JSON in UTF-8.") from None
            if number <= 2 and not text.startswith('"lines": [{'):
                continue
            if text.startswith("]"):
                ended = True
                break
            try:
                content = json.loads(text.strip().removesuffix(","))
            except ValueError:
                raise Invalid(f"{path}, line {number}: this is no line of a plan; make a new plan.") from None
            yield number, content if isinstance(content, dict) else {}
    if not ended:
        raise Invalid(f"{path} ends in the middle: it is no whole plan.")


def _head(known: Any, environment: str, path: Path) -> PlanHead:
    if not isinstance(known, Mapping) or not isinstance(known.get("id"), str):
        raise Invalid(f"{path} is no plan: it does not say which one it is.")
    if known.get("environment") != environment:
        raise Invalid(f"{path} was made for another environment than {environment}.")
    return PlanHead.of(known["id"], environment, str(known.get("made_at") or ""))


def _read_csv(path: Path, environment: str) -> tuple[PlanHead, Lines]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = file.readline()
            delimiter = max(",;\t", key=header.count)
            names = next(csv.reader([header], delimiter=delimiter), [])
            first = next(csv.DictReader(file, names, delimiter=delimiter), None)
    except (UnicodeDecodeError, csv.Error) as error:
        raise Invalid(f"{path} cannot be read as CSV in UTF-8 ({type(error).__name__}).") from error
    if "plan" not in names or "seal" not in names:
        raise Invalid(f"{path} is no plan: its first line needs the columns that the plan was written with.")
    if first is None:
        raise Invalid(f"{path} has no line but its first.")
    head = PlanHead.of(str(first.get("plan") or "").strip(), environment)
    missing = [name for name in _COLUMNS[head.kind] if name not in names and name in _NEEDED]
    if missing:
        raise Invalid(f"{path} lacks the column {', '.join(missing)}.")
    return head, _csv_lines(path, delimiter)


_NEEDED = frozenset(
    {"link", "settle", "contract_id", "entity", "record_id", "finding", "oneflow_field", "keep", "seen", "seal", "plan"}
)


def _csv_lines(path: Path, delimiter: str) -> Lines:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, delimiter=delimiter)
        try:
            for row in reader:
                yield reader.line_num, {name: _read_cell(name, value or "") for name, value in row.items() if name}
        except (UnicodeDecodeError, csv.Error) as error:
            raise Invalid(f"{path}, line {reader.line_num + 1}: it cannot be read as CSV in UTF-8.") from error
