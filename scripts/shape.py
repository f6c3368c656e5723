"""How tangled the product is (`make shape`): modules that import many others of it, and functions of many branches.

A module imports whatever module of sync_core/ an import in it names, wherever that stands: at its top, inside a
function, or for the type checker only. Packages that hold nothing are not counted.

A function's complexity is 1, and 1 more for each `if`, loop, `except`, `case`, conditional expression, comprehension,
and each further operand of `and` and `or`; functions inside it included. (Ruff's C901 counts neither operands nor
expressions.)
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MANY_IMPORTS = 10
COMPLEX, VERY_COMPLEX = 10, 15
_BRANCHES = (ast.If, ast.For, ast.While, ast.ExceptHandler, ast.match_case, ast.IfExp, ast.comprehension)


def modules(root: Path) -> dict[str, Path]:
    """The modules of sync_core/ by their dotted names."""
    found = {}
    for path in sorted((root / "sync_core").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(name: str, known: dict[str, Path]) -> set[str]:
    """The modules of ours that one of them imports."""
    ours = set()
    for module, member in _named(_tree(known[name])):
        ours.add(f"{module}.{member}" if f"{module}.{member}" in known else module)
    return {one for one in ours if one in known and one != name and known[one].stat().st_size}


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """The name and the complexity of each function in a file."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, complexity(node)


def complexity(function: ast.AST) -> int:
    found = 1
    for node in ast.walk(function):
        found += isinstance(node, _BRANCHES)
        found += len(node.values) - 1 if isinstance(node, ast.BoolOp) else 0
    return found


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _named(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((one.name, "") for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.module, one.name) for one in node.names)


def main(root: Path = ROOT) -> None:
    known = modules(root)
    counts = [(len(imported(name, known)), name) for name in known]
    many = sorted((one for one in counts if one[0] > MANY_IMPORTS), reverse=True)
    hard = sorted(
        (
            (found, f"{name}.{function}")
            for name, path in known.items()
            for function, found in functions(path)
            if found > COMPLEX
        ),
        reverse=True,
    )
    print("\n".join(f"{count:4} {name}" for count, name in many))
    print(f"{len(many)} of {len(known)} modules import more than {MANY_IMPORTS} of the project's own.\n")
    print("\n".join(f"{found:4} {name}" for found, name in hard))
    worst = sum(found > VERY_COMPLEX for found, _ in hard)
    print(f"{len(hard)} functions have a complexity over {COMPLEX}, {worst} of them over {VERY_COMPLEX}.")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
