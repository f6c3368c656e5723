"""The pages' `sh` blocks as one shell session: a block may use only names that it, or a block before it, sets."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

_BLOCK = re.compile(r"^(?P<indent> *)```sh\n(?P<lines>.*?)^ *```", re.S | re.M)
_SETS = re.compile(r"(?:^|[;&|(]|\bfor\b|\bread\b(?: -\w+)*(?: \"[^\"]*\")?)\s*([A-Za-z_]\w*)(?==|\s*$|\s+in\b)")
_USES = re.compile(r"\$\{?([A-Za-z_]\w*)")
_SOURCED = re.compile(r"(?:^|[;&|])\s*\. (\S+)")
# A word in capitals where a value belongs stands for something that nobody said how to get.
_STANDS_FOR = re.compile(r"(?<![\w$./'\"{:=-])[A-Z][A-Z_]{2,}(?![\w=./-])")
_TAKES_A_NAME = re.compile(r"\bazd env set [A-Z_]+")


def blocks(page: str) -> Iterator[tuple[int, str]]:
    """Each block's first line, and its text with continued lines joined and comments taken away."""
    for found in _BLOCK.finditer(page):
        text = re.sub(r"\\\n\s*", " ", found["lines"])
        yield page[: found.start()].count("\n") + 2, re.sub(r"(?m)(?:^|(?<=\s))#.*$", "", text)


def undefined(page: str, files: dict[str, Collection[str]]) -> list[str]:
    """One line for each name that no step defines. `files`: what a file that is sourced sets, by its name."""
    known: set[str] = set()
    found = []
    for number, text in blocks(page):
        for line in _commands(text):
            for file in _SOURCED.findall(line):
                known |= set(files.get(file.removeprefix("./"), ()))
            used = _USES.findall(re.sub(r"'[^']*'", "''", line) if '"' not in line else line)
            found += [f"line {number}: ${name}" for name in used if name not in known]
            known |= {name for name in _SETS.findall(line) if name}
            bare = re.sub(r"'[^']*'|\"[^\"]*\"", "''", _TAKES_A_NAME.sub("", line))
            found += [f"line {number}: {word}" for word in _STANDS_FOR.findall(bare) if word not in known]
    return found


def _commands(text: str) -> Iterator[str]:
    """Lines, those within a quoted text joined to the one that opens it."""
    waiting = ""
    for line in text.splitlines():
        waiting = f"{waiting} {line}".strip()
        if waiting.count("'") % 2 == 0:
            yield waiting
            waiting = ""
    if waiting:
        yield waiting
