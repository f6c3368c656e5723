"""The pages' blocks of shell commands as one shell session: a block may use only names that it, or one before it, sets,
files that a step makes, and a Python that a step chose.

A block is what a fence of any kind holds, if it is marked as a shell's or has a line that is a command; of a terminal's
(`console`) only the lines after a prompt. What is only indented is a block that nobody marked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

_FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,}|~{3,}) *(?P<mark>[^\n`]*)\n(?P<lines>.*?)^ *(?P=fence)[`~]* *$", re.S | re.M
)
_OF_EVERY_SHELL = ("PATH", "HOME", "PWD")
_SHELLS = frozenset(("sh", "bash", "zsh", "ash", "dash", "ksh", "shell", "posix"))
_TERMINALS = frozenset(("console", "terminal", "shell-session", "sh-session", "session"))
_PROMPT = re.compile(r"(?m)^ *[$%>] (.*)$")
_COMMAND = (
    r"(?:\$ )?(?:[A-Za-z_]\w*=\S* )*(?:sudo )?(?:az|azd|func|python3?|pip3?|make|git|curl|wget|npm|npx|node|openssl"
    r"|export|read|source|cd|docker|jq|sh|bash|\. \S|\.venv/bin/\w+)(?= |$)"
)
_HAS_COMMAND = re.compile(rf"(?m)^ *(?:{_COMMAND}|[A-Z][A-Z_]+=\$\()")
_INDENTED = re.compile(rf"(?m)^(?: {{4,}}|\t){_COMMAND}.*$")
# Words that another shell than a plain one is needed for: a block marked `sh` has none.
_NOT_PLAIN = re.compile(
    r"\bread\b[^;\n]* -\w*[^r\W]|\[\[|<<<|<\(|\b\w+=\(|\$'|(?m:^|[;&|])\s*(?:source|function|declare|local) "
)
_SETS = re.compile(r"(?:^|[;&|(]|\bfor\b|\bread\b(?: -\w+)*(?: \"[^\"]*\")?)\s*([A-Za-z_]\w*)(?==|\s*(?:;|$)|\s+in\b)")
_USES = re.compile(r"\$\{?([A-Za-z_]\w*)")
_SOURCED = re.compile(r"(?:^|[;&|])\s*\. (\S+)")
_GIVEN = re.compile(r"(?<=\s)--env[ =](\S+)")
_MADE = re.compile(r"(?<=\s)--out[ =](\S+)")
# Debian's Python is named python3 and takes no package into itself: both come with a virtual environment.
_PYTHON = re.compile(r"(?:^|[;&|(])\s*(?:sudo )?(python -m \w+|pip3?|python3? -m pip)(?= )")
_ACTIVATED = re.compile(r"(?:^|[;&|])\s*\. \S*/bin/activate\b")
# A word in capitals where a value belongs stands for something that nobody said how to get.
_STANDS_FOR = re.compile(r"(?<![\w$./'\"{:=-])[A-Z][A-Z_]{2,}(?![\w=./-])")
# The same in other spellings: <app-name>, YOUR-APP, --location=REGION, https://HOST/.
_IN_OTHER_WORDS = re.compile(
    r"<[A-Za-z][\w .-]*>|\b(?:YOUR|MY|THE)[-_][A-Z][A-Z_-]*|(?<=[=/])[A-Z][A-Z_]{2,}(?=[\s./:]|$)"
)
_TAKES_A_NAME = re.compile(r"\bazd env set [A-Z_]+")


def blocks(page: str) -> Iterator[tuple[int, str]]:
    """Each block's first line, and its text with continued lines joined and comments taken away."""
    for found in _FENCE.finditer(page):
        words = found["mark"].lower().split()
        mark, lines = words[0].strip("{}.") if words else "", found["lines"]
        if mark in _TERMINALS or (mark not in _SHELLS and re.search(rf"(?m)^ *\$ {_COMMAND}", lines)):
            lines = "".join(f"{one}\n" for one in _PROMPT.findall(lines))
        elif mark not in _SHELLS and not (mark in ("", "text", "txt", "plain") and _HAS_COMMAND.search(lines)):
            continue
        text = re.sub(r"\\\n\s*", " ", lines)
        yield page[: found.start()].count("\n") + 2, re.sub(r"(?m)(?:^|(?<=\s))#.*$", "", text)


def unmarked(page: str) -> list[str]:
    """Lines of commands that stand in no fence, so that nobody looks at them."""
    outside = _FENCE.sub(lambda found: "\n" * found[0].count("\n"), page)
    return [found[0].strip() for found in _INDENTED.finditer(outside)]


def not_plain(page: str) -> list[str]:
    """One line for each word that only some shells know."""
    return [f"line {number}: {found[0]}" for number, text in blocks(page) for found in _NOT_PLAIN.finditer(text)]


def swallowed(page: str) -> list[str]:
    """One line for each command after a `read` in its block: pasted as a whole, some shells read that as what was asked
    for. What follows on the line of the `read` itself is no such."""
    found = []
    for number, text in blocks(page):
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        asks = [at for at, line in enumerate(lines) if re.search(r"(?:^|[;&|]\s*)read\b", line)]
        found += [f"line {number}: {line}" for line in lines[asks[0] + 1 :]] if asks else []
    return found


def undefined(page: str, files: Mapping[str, Collection[str]]) -> list[str]:
    """One line for each name that no step defines. `files`: those that are there, and what each sets where it is
    sourced. One that this page makes is there from then on."""
    known = set(_OF_EVERY_SHELL)
    found = []
    missing = {_name(file) for _, text in blocks(page) for file in _MADE.findall(text)}
    activated = False
    for number, text in blocks(page):
        for line in _commands(text):
            activated = activated or bool(_ACTIVATED.search(line))
            if not activated:
                found += [f"line {number}: {one} outside a virtual environment" for one in _PYTHON.findall(line)]
            for file in map(_name, _SOURCED.findall(line)):
                known |= set(files.get(file, ()))
            named = {_name(file) for file in [*_SOURCED.findall(line), *_GIVEN.findall(line)]}
            found += [f"line {number}: {file}" for file in sorted(named) if file not in files or file in missing]
            missing -= {_name(file) for file in _MADE.findall(line)}
            used = _USES.findall(re.sub(r"'[^']*'", "''", line) if '"' not in line else line)
            found += [f"line {number}: ${name}" for name in used if name not in known]
            known |= {name for name in _SETS.findall(line) if name}
            bare = re.sub(r"'[^']*'|\"[^\"]*\"", "''", _TAKES_A_NAME.sub("", line))
            words = [*_STANDS_FOR.findall(bare), *_IN_OTHER_WORDS.findall(re.sub(r"['\"]", "", line))]
            found += [f"line {number}: {word}" for word in words if word not in known]
    return found


def _name(file: str) -> str:
    return file.strip("\"';)").removeprefix("./")


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
