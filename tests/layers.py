"""The layer rule (docs: "Layout" in the README), read off the syntax trees of a source tree.

function_app, cli  ->  handlers | bootstrap | dynamics  ->  usecases | adapters | settings  ->  engine
                    ->  errors | header_text | untrusted_json | place | secret_digests | telemetry

A module may import any layer below its own, never one above, never a sibling (`|`). Each check takes the root of a
tree and returns one line per breach, so that it can be tried on a tree that breaks the rule.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

RANKS = {
    "function_app": 5,
    "cli": 5,
    "dynamics": 4,  # what lives in Dynamics; read by the command line alone
    "handlers": 4,
    "bootstrap": 4,
    "usecases": 3,
    "adapters": 3,
    "settings": 3,
    "engine": 2,
    "errors": 1,
    "header_text": 1,
    "untrusted_json": 1,
    "place": 1,
    "secret_digests": 1,
    "telemetry": 1,  # never the engine: it says nothing to anybody
}
MEETING_AT_BOOTSTRAP = frozenset({"usecases", "adapters", "settings"})
VENDOR_FOLDERS = frozenset({"oneflow", "dataverse", "storage"})
MAY_IMPORT_AZURE_FUNCTIONS = frozenset({"function_app", "handlers"})
# Reference data of others, and what reads it: locales, time zones, how each country numbers its phones.
ENGINE_DATA = frozenset({"babel", "tzdata", "phonenumbers"})

# What does I/O, tells the time, rolls dice, logs or reads settings.
# fmt: off
IMPURE = frozenset(
    {
        "asyncio", "concurrent", "ctypes", "fcntl", "ftplib", "getpass", "glob", "http", "importlib", "inspect", "io",
        "logging", "mmap", "multiprocessing", "os", "pathlib", "pickle", "platform", "queue", "random", "secrets",
        "select", "selectors", "shelve", "shutil", "signal", "smtplib", "socket", "socketserver", "sqlite3", "ssl",
        "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid", "warnings", "webbrowser",
    }
)
# fmt: on
IMPURE_CALLS = frozenset({"now", "utcnow", "today", "open", "print", "input", "exec", "eval", "__import__"})

NAMES_THAT_SAY_NOTHING = frozenset({"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"})


@dataclass(frozen=True)
class Import:
    """`module` imports `target` (dotted, with the imported name where that may be a module) at `line`."""

    module: str
    layer: str
    target: str
    line: int

    @property
    def target_layer(self) -> str | None:
        return layer_of(self.target)

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"


def layer_of(dotted: str) -> str | None:
    """The layer of a module of ours; None for anybody else's. An unplaced module of ours is its own name."""
    parts = dotted.split(".")
    if parts[0] in ("function_app", "cli", "dynamics"):
        return parts[0]
    if parts[0] == "sync_core":
        return parts[1] if len(parts) > 1 else "sync_core"
    return None


def python_files(root: Path, *places: str) -> Iterator[Path]:
    for place in places:
        path = root / place
        if path.is_file():
            yield path
        else:
            yield from sorted(path.rglob("*.py"))


def product_files(root: Path) -> Iterator[Path]:
    return python_files(root, "sync_core", "cli", "dynamics", "function_app.py") if root.is_dir() else iter(())


def _dotted(root: Path, path: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(root: Path) -> list[Import]:
    """All imports of the product, those inside functions too; `from a import b` counts as a.b."""
    found = []
    for path in product_files(root):
        module = _dotted(root, path)
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.Import):
                targets = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
                base = ".".join([*above, *([node.module] if node.module else [])])
                targets = [f"{base}.{alias.name}" for alias in node.names]
            else:
                continue
            found += [Import(module, layer_of(module) or "", target, node.lineno) for target in targets]
    return found


def unplaced_modules(root: Path) -> list[str]:
    """Modules of ours that are in no layer; a bare package file may hold nothing but its docstring."""
    found = []
    for path in product_files(root):
        layer = layer_of(_dotted(root, path))
        if layer == "sync_core" and all(isinstance(node, ast.Expr) for node in _tree(path).body):
            continue
        if layer not in RANKS:
            found.append(f"{_dotted(root, path)} is in no layer")
    return found


def upward_or_sideways(root: Path) -> list[str]:
    found = []
    for one in imports(root):
        target = one.target_layer
        if target is None or target == one.layer:
            continue
        if RANKS.get(target, 99) >= RANKS.get(one.layer, 0):
            found.append(str(one))
    return found


def meetings_outside_bootstrap(root: Path) -> list[str]:
    """Usecases, adapters and settings are brought together in one place only."""
    met: dict[str, set[str]] = {}
    for one in imports(root):
        if one.target_layer in MEETING_AT_BOOTSTRAP and one.layer not in (*MEETING_AT_BOOTSTRAP, "bootstrap"):
            met.setdefault(one.module, set()).add(str(one.target_layer))
    return [f"{module} brings together {sorted(layers)}" for module, layers in met.items() if len(layers) > 1]


def vendors_that_know_each_other(root: Path) -> list[str]:
    found = []
    for one in imports(root):
        mine, theirs = one.module.split("."), one.target.split(".")
        if mine[:2] != ["sync_core", "adapters"] or theirs[:2] != ["sync_core", "adapters"] or len(mine) < 3:
            continue
        here = mine[2] if mine[2] in VENDOR_FOLDERS else "shared"
        there = theirs[2] if len(theirs) > 2 and theirs[2] in VENDOR_FOLDERS else "shared"
        if there not in ("shared", here):
            found.append(str(one))
    return found


def strangers_with_azure_functions(root: Path) -> list[str]:
    return [
        str(one)
        for one in imports(root)
        if one.layer not in MAY_IMPORT_AZURE_FUNCTIONS
        and (f"{one.target}.".startswith("azure.functions.") or one.target == "azure")
    ]


def foreign_libraries_inside(root: Path) -> list[str]:
    """Engine, usecases and errors know no library; the engine may take reference data."""
    found = []
    for one in imports(root):
        top = one.target.split(".")[0]
        inner = one.layer in ("engine", "usecases", "errors", "header_text", "untrusted_json", "telemetry")
        if not inner or top in sys.stdlib_module_names or top == "sync_core":
            continue
        if not (one.layer == "engine" and top in ENGINE_DATA):
            found.append(str(one))
    return found


def impurities_of_the_engine(root: Path) -> list[str]:
    mine = [one for one in imports(root) if one.layer == "engine"]
    found = [str(one) for one in mine if one.target.split(".")[0] in IMPURE or one.target_layer == "telemetry"]
    for path in python_files(root, "sync_core/engine"):
        for node in ast.walk(_tree(path)):
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in IMPURE_CALLS:
                found.append(f"{_dotted(root, path)}:{node.lineno} calls {name}()")
    return found


def product_that_knows_its_sandbox(root: Path) -> list[str]:
    return [str(one) for one in imports(root) if one.target.split(".")[0] in ("sandbox", "tests")]


def names_that_say_nothing(root: Path) -> list[str]:
    places = python_files(root, "sync_core", "cli", "dynamics", "sandbox", "tests", "bench", "function_app.py")
    scripts = sorted((root / "web").rglob("*.js"))
    return [
        str(path.relative_to(root))
        for path in (*places, *scripts)
        if NAMES_THAT_SAY_NOTHING & {part.lower() for part in path.relative_to(root).with_suffix("").parts}
    ]


def tests_that_patch(root: Path) -> list[str]:
    """A patched module is another than the one that runs: what a test must steer is an argument, or a real part."""
    return [
        f"{path.relative_to(root)}:{node.lineno}"
        for path in python_files(root, "tests")
        for node in ast.walk(_tree(path))
        if (isinstance(node, ast.Attribute) and node.attr == "setattr")
        or (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("unittest"))
        or (isinstance(node, ast.Import) and any(name.name.startswith("unittest") for name in node.names))
    ]
