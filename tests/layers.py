"""What import-linter (pyproject.toml) does not look at: purity, libraries, names, and how facts are read. Read off the
syntax trees of a source tree.

Each check takes the root of a tree and returns one line per breach, so that it can be tried on a tree that breaks the
rule.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# fmt: off
LAYERS = frozenset(
    {
        "function_app", "cli", "dynamics", "handlers", "bootstrap", "usecases", "adapters", "settings", "engine",
        "errors", "header_text", "untrusted_json", "ncrontab", "place", "secret_digests", "telemetry",
    }
)
# fmt: on
MEETING_AT_BOOTSTRAP = frozenset({"usecases", "adapters", "settings"})
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

# What the product calls a job, an entry of the history, and its lines.
TYPED_FACTS = frozenset({"job", "jobs", "entry", "entries", "line", "lines"})

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
        if layer not in LAYERS:
            found.append(f"{_dotted(root, path)} is in no layer")
    return found


def meetings_outside_bootstrap(root: Path) -> list[str]:
    """Usecases, adapters and settings are brought together in one place only."""
    met: dict[str, set[str]] = {}
    for one in imports(root):
        if one.target_layer in MEETING_AT_BOOTSTRAP and one.layer not in (*MEETING_AT_BOOTSTRAP, "bootstrap"):
            met.setdefault(one.module, set()).add(str(one.target_layer))
    return [f"{module} brings together {sorted(layers)}" for module, layers in met.items() if len(layers) > 1]


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


def members_read_by_name(root: Path) -> list[str]:
    """Jobs, history entries and their lines are types, parsed once where they are stored: nobody else reads a member
    of one by its name in JSON."""
    found: list[str] = []
    for path in python_files(root, "sync_core"):
        if path.is_relative_to(root / "sync_core/adapters/storage"):
            continue
        tree = _tree(path)
        typed = TYPED_FACTS | {name for node in ast.walk(tree) for name in _named_in_fields(node)}
        found += [
            f"{_dotted(root, path)}:{getattr(node, 'lineno', 0)} reads a member of {of} by its name"
            for node in ast.walk(tree)
            if (of := _read_by_name(node)) in typed
        ]
    return found


def _named_in_fields(node: ast.AST) -> Iterator[str]:
    """What a loop over some entry's `.fields` calls each of them."""
    if not (isinstance(node, ast.For | ast.comprehension) and isinstance(node.target, ast.Name)):
        return
    if isinstance(node.iter, ast.Attribute) and node.iter.attr == "fields":
        yield node.target.id


def _read_by_name(node: ast.AST) -> str | None:
    """The variable of `x["name"]`, `x[0]["name"]` or `x.get("name")`."""
    if isinstance(node, ast.Subscript):
        of, key = node.value, node.slice
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        of, key = node.func.value, node.args[0]
    else:
        return None
    while isinstance(of, ast.Subscript):
        of = of.value
    named = isinstance(key, ast.Constant) and isinstance(key.value, str)
    return of.id if named and isinstance(of, ast.Name) else None


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
