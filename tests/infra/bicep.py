"""Bicep files as plain data, for tests to assert over: read by tree-sitter's grammar, nothing is evaluated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import tree_sitter
import tree_sitter_bicep

ROOT = Path(__file__).resolve().parents[2]
FILES = (*sorted((ROOT / "infra").glob("*.bicep")), *sorted((ROOT / "infra/modules").glob("*.bicep")))

Node = tree_sitter.Node
_NAMES = ("identifier", "compatible_identifier")


class Expression(str):
    """What is no literal, as it is written. A string with an interpolation counts as a plain string, `${...}` in it."""


@dataclass(frozen=True)
class Resource:
    """`type` is whole, parents' types included; `body` its object, nested resources left out."""

    file: str
    symbol: str
    type: str
    body: dict[str, Any]

    @property
    def properties(self) -> dict[str, Any]:
        found: dict[str, Any] = self.body.get("properties", {})
        return found


@dataclass(frozen=True)
class Parameter:
    name: str
    kind: str
    decorators: tuple[str, ...]
    default: Any  # None where it must be given


@dataclass
class File:
    name: str
    parameters: dict[str, Parameter] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    modules: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)  # symbol: path, params
    resources: list[Resource] = field(default_factory=list)


@cache
def read(path: Path) -> File:
    """SyntaxError where the grammar does not understand the file."""
    root = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bicep.language())).parse(path.read_bytes()).root_node
    if root.has_error:
        raise SyntaxError(f"{path.name} is no Bicep that the grammar reads")
    file = File(str(path.relative_to(ROOT / "infra")))
    decorators: list[str] = []
    for node in root.children:
        for part in _flat(node):
            if part.type in ("decorator", "decorators"):
                decorators.append(_text(part))
            elif part.type.endswith("_declaration"):
                _declare(file, part, tuple(decorators))
                decorators = []
    return file


def everything() -> list[File]:
    return [read(path) for path in FILES]


def resources(kind: str) -> list[Resource]:
    return [one for file in everything() for one in file.resources if one.type.lower() == kind.lower()]


def strings(value: Any) -> Iterator[str]:
    """Every string and expression in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def _flat(node: Node) -> Iterator[Node]:
    """Some versions of the grammar put a declaration's decorators beside it, some around it."""
    if node.type in ("statement", "infrastructure"):
        for child in node.children:
            yield from _flat(child)
    else:
        yield node


def _declare(file: File, node: Node, decorators: tuple[str, ...]) -> None:
    named = [one for one in node.children if one.is_named and one.type != "comment"]
    inner = tuple(_text(one) for one in named if one.type in ("decorator", "decorators"))
    named = [one for one in named if one.type not in ("decorator", "decorators")]
    if node.type == "resource_declaration":
        _resource(file, node, "")
        return
    name = _text(named[0])
    value = _value(named[-1]) if any(one.type == "=" for one in node.children) else None
    if node.type == "parameter_declaration":
        file.parameters[name] = Parameter(name, _text(named[1]), decorators + inner, value)
    elif node.type == "variable_declaration":
        file.variables[name] = value
    elif node.type == "output_declaration":
        file.outputs[name] = value
    elif node.type == "module_declaration":
        path = _value(next(one for one in named if one.type == "string"))
        file.modules[name] = (path, _body(node).get("params", {}))


def _resource(file: File, node: Node, parent: str) -> None:
    symbol = next(_text(one) for one in node.children if one.type in _NAMES)
    spec = _value(next(one for one in node.children if one.type == "string"))
    kind = f"{parent}/{spec.partition('@')[0]}" if parent else spec.partition("@")[0]
    if not any(_text(one) == "existing" for one in node.children):
        file.resources.append(Resource(file.name, symbol, kind, _body(node)))
    body = _object(node)
    for part in body.children if body else ():
        for child in (part, *part.children):
            if child.type == "resource_declaration":
                _resource(file, child, kind)


def _object(node: Node) -> Node | None:
    """The object of a declaration, in an `if` or a `for` too."""
    for child in node.children:
        if child.type == "object":
            return child
        if child.type in ("if_statement", "for_statement"):
            return _object(child)
    return None


def _body(node: Node) -> dict[str, Any]:
    body = _object(node)
    return _value(body) if body else {}


def _value(node: Node) -> Any:
    kids = [one for one in node.children if one.is_named and one.type != "comment"]
    match node.type:
        case "object":
            pairs = [_pair(one) for one in kids if one.type == "object_property"]
            return dict(pair for pair in pairs if pair)
        case "array":
            if len(kids) == 1 and kids[0].type == "for_statement":
                return [_value(_object(kids[0]) or kids[0])]
            return [_value(one) for one in kids]
        case "string":
            return "".join(_text(one) for one in node.children[1:-1])
        case "boolean":
            return _text(node) == "true"
        case "number":
            return int(_text(node))
        case _:
            return Expression(_text(node))


def _pair(node: Node) -> tuple[str, Any] | None:
    kids = [one for one in node.children if one.is_named and one.type != "comment"]
    if len(kids) < 2 or kids[0].type == "resource_declaration":
        return None
    name = _value(kids[0]) if kids[0].type == "string" else _text(kids[0])
    return name, _value(kids[1])


def _text(node: Node) -> str:
    return (node.text or b"").decode()
