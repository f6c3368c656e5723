"""What people send, read by its shape; each problem names its place and how to mend it, never what was sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from sync_core.errors import Invalid
from sync_core.handlers.wire.members import Body, Query

BodyOf = TypeVar("BodyOf", bound=Body)
QueryOf = TypeVar("QueryOf", bound=Query)
_UNKNOWN = "is not known here"


def read_body(shape: type[BodyOf], content: Mapping[str, Any], refusal: str, parts: Mapping[str, str]) -> BodyOf:
    """Invalid with all problems at once. `parts` are those of the address, with which a body may have to agree."""
    try:
        return shape.model_validate(content, context=parts)
    except ValidationError as error:
        found = [_problem(shape, one) for one in _places(error)]
        raise Invalid(refusal, problems=[one for at, one in enumerate(found) if one not in found[:at]]) from None


def read_query(shape: type[QueryOf], params: Mapping[str, str]) -> QueryOf:
    """Invalid (400) with the first problem."""
    try:
        return shape.model_validate({name: params[name] for name in shape.model_fields if params.get(name)})
    except ValidationError as error:
        name = str(next(_places(error))[0])
        raise Invalid(f"{name} {_must_be(shape, name)}.", status=400) from None


def _places(error: ValidationError) -> Iterator[Sequence[int | str]]:
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        yield one["loc"]


def _problem(shape: type[BaseModel], place: Sequence[int | str]) -> dict[str, Any]:
    """`field`, what is wrong with it (`detail`), and the `row` where the member is one of a list of such."""
    name, *inside = place
    if name not in shape.model_fields:
        return {"field": str(name), "detail": _UNKNOWN}
    row = _row_shape(shape, str(name))
    if row is None or not inside:
        return {"field": str(name), "detail": _must_be(shape, str(name))}
    number, *rest = inside
    if not rest:
        return {"row": number, "field": str(name), "detail": "must be an object"}
    return {"row": number, **_problem(row, rest)}


def _row_shape(shape: type[BaseModel], name: str) -> type[BaseModel] | None:
    """The shape of each item where the member is a list of objects."""
    for kind in (shape.model_fields[name].annotation, *get_args(shape.model_fields[name].annotation)):
        items = get_args(kind) if get_origin(kind) is list else ()
        if items and isinstance(items[0], type) and issubclass(items[0], BaseModel):
            return items[0]
    return None


@cache
def _schema(shape: type[BaseModel]) -> Mapping[str, Any]:
    return shape.model_json_schema()


def _must_be(shape: type[BaseModel], name: str) -> str:
    member: Mapping[str, Any] = _schema(shape)["properties"][name]
    if "description" in member:
        return f"must be {member['description']}"
    given = next((one for one in member.get("anyOf", ()) if one.get("type") != "null"), member)
    if "$ref" in given:
        given = _schema(shape)["$defs"][given["$ref"].rpartition("/")[2]]
    if "enum" in given:
        return f"must be one of {', '.join(given['enum'])}"
    sentences = {
        "string": "must be a text of {minLength} to {maxLength} characters",
        "integer": "must be a whole number",
        "boolean": "must be true or false",
        "array": "must be a list of {minItems} to {maxItems}"
        if "minItems" in given
        else "must be a list of at most {maxItems}",
    }
    return sentences[given["type"]].format_map(given)
