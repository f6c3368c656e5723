"""The process's environment: what a world sets in it for its app, and who is asked without a proxy."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_HERE = ("127.0.0.1", "localhost")


def ask_directly() -> None:
    """Adds loopback to the environment's exceptions from its proxy, for this process and those it starts.

    An exception that fits is also found without a walk through the whole environment, in the middle of which another
    thread may change it (as pytest does between tests).
    """
    name = "no_proxy" if os.environ.get("no_proxy") else "NO_PROXY"  # the first hides the second
    known = [host for host in os.environ.get(name, "").replace(" ", "").split(",") if host]
    missing = [host for host in _HERE if host not in known]
    if missing:
        os.environ[name] = ",".join([*known, *missing])


@contextmanager
def environment(values: Mapping[str, str | None]) -> Iterator[None]:
    """Sets these (None: takes away), and gives back what was there before; leaves all others as they are."""
    before = {name: os.environ.get(name) for name in values}
    _put(values)
    try:
        yield
    finally:
        _put(before)


def _put(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
