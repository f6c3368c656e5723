"""Bodies in: read by hand, so that each problem names its place; nothing is guessed, unknown members are refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from sync_core.errors import Invalid
from sync_core.untrusted_json import untrusted_json

if TYPE_CHECKING:
    from sync_core.engine.model.mapping import EntityMapping, FieldMapping

LARGEST = 1024 * 1024  # bytes
MOST_ROWS = 300  # https://support.oneflow.com: data fields of one playbook
MOST_PARTIES = 40
_LONGEST = 1024

Word = TypeVar("Word", bound=StrEnum)


class Body:
    """A JSON object whose members are taken out one by one; `done()` refuses what is left over or was wrong."""

    def __init__(self, content: Mapping[str, Any], place: str = "") -> None:
        self._content, self._place = content, place
        self._taken: set[str] = set()
        self.problems: list[dict[str, Any]] = []

    def wrong(self, name: str, detail: str) -> None:
        self.problems.append({"field": f"{self._place}{name}", "detail": detail})

    def take(self, name: str) -> Any:
        self._taken.add(name)
        return self._content.get(name)

    def text(self, name: str, longest: int = _LONGEST, required: bool = True) -> str:
        value = self.take(name)
        if value is None and not required:
            return ""
        if not isinstance(value, str) or not value.strip() or len(value) > longest:
            self.wrong(name, f"must be a text of 1 to {longest} characters")
            return ""
        return value

    def whole(self, name: str) -> int:
        value = self.take(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**53:
            self.wrong(name, "must be a whole number")
            return 0
        return value

    def flag(self, name: str) -> bool:
        value = self.take(name)
        if not isinstance(value, bool | None):
            self.wrong(name, "must be true or false")
        return value is True

    def word(self, name: str, kind: type[Word], default: Word | None = None) -> Word:
        value = self.take(name)
        if value is None and default is not None:
            return default
        try:
            return kind(value)
        except ValueError:
            self.wrong(name, f"must be one of {', '.join(kind)}")
            return next(iter(kind))

    def rows(self, name: str, most: int) -> Sequence[Any]:
        value = self.take(name)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > most:
            self.wrong(name, f"must be a list of at most {most}")
            return []
        return value

    def done(self, text: str) -> None:
        """Invalid with all problems."""
        for name in sorted(self._content.keys() - self._taken):
            self.wrong(name, "is not known here")
        if self.problems:
            raise Invalid(text, problems=self.problems)


def json_object(content_type: str, body: bytes) -> dict[str, Any]:
    """Invalid: 415 for another type, 413 for a body that is too large, 400 for what is no JSON object."""
    if content_type.split(";")[0].strip().lower() != "application/json":
        raise Invalid("The body must be application/json.", status=415)
    if len(body) > LARGEST:
        raise Invalid(f"The body is longer than {LARGEST} bytes.", status=413)
    try:
        content = untrusted_json(body or b"{}")
    except ValueError as error:
        raise Invalid("The body is not JSON.", status=400) from error
    if not isinstance(content, dict):
        raise Invalid("The body must be a JSON object.", status=400)
    return content


def entity_mapping(entity: str, content: Mapping[str, Any]) -> EntityMapping:
    """DESIGN 4.3's entity mapping; `etag` in it is ignored, If-Match holds."""
    from sync_core.engine.model.mapping import EntityMapping
    from sync_core.engine.model.words import ConflictPolicy

    body = Body(content)
    body.take("etag")
    named = body.take("entity")
    if named is not None and named != entity:
        body.wrong("entity", "must be the table that the address names")
    fields: list[FieldMapping] = []
    for place, row in enumerate(body.rows("fields", MOST_ROWS)):
        fields.append(_row(body, place, row))
    mapping = EntityMapping(
        entity,
        tuple(fields),
        body.flag("auto_push"),
        body.word("conflict_policy", ConflictPolicy, ConflictPolicy.ONEFLOW_WINS),
    )
    body.done("The mapping cannot be saved.")
    return mapping


def _row(body: Body, place: int, content: Any) -> FieldMapping:
    from sync_core.engine.model.mapping import FieldMapping
    from sync_core.engine.model.words import ConflictPolicy, Direction, OneflowKind
    from sync_core.handlers.row_bodies import row_options

    row = Body(content if isinstance(content, dict) else {})
    policy = row.take("conflict_policy")
    mapping = FieldMapping(
        row.text("dynamics_column", 255),
        row.text("oneflow_field", 255).strip(),
        row.word("direction", Direction),
        row.word("oneflow_kind", OneflowKind, OneflowKind.DATA_FIELD),
        row.word("conflict_policy", ConflictPolicy) if policy is not None else None,
        row_options(row.take, row.wrong),
    )
    try:
        row.done("")
    except Invalid:
        body.problems += [{"row": place, **problem} for problem in row.problems]
    return mapping


def mapping_json(mapping: EntityMapping) -> dict[str, Any]:
    from sync_core.engine.model.words import OneflowKind

    rows = []
    for field in mapping.fields:
        row: dict[str, Any] = {
            "dynamics_column": field.dynamics_column,
            "oneflow_field": field.oneflow_field,
            "direction": str(field.direction),
        }
        if field.oneflow_kind is not OneflowKind.DATA_FIELD:
            row["oneflow_kind"] = str(field.oneflow_kind)
        if field.conflict_policy is not None:
            row["conflict_policy"] = str(field.conflict_policy)
        rows.append(row | field.options.to_json())
    return {
        "entity": mapping.entity,
        "fields": rows,
        "auto_push": mapping.auto_push,
        "conflict_policy": str(mapping.conflict_policy),
        "etag": mapping.etag,
    }
