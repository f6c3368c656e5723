"""What listens on this machine is asked directly, whatever proxy the environment names for the world outside."""

from __future__ import annotations

import os

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
