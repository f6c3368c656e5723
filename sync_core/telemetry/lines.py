"""Which log lines leave the process: ours, and of libraries only what went wrong.

The Functions worker takes every logger's lines from INFO on. Azure's packages tell of each request there, with its
address and row keys: twelve lines for a sweep that finds nothing, a million a month, each of them paid for.
"""

from __future__ import annotations

import logging

TALKATIVE = ("azure", "msal", "urllib3")


def quiet_libraries() -> None:
    """Warnings and errors of libraries stay; whoever wants more says so by a level on a logger below these."""
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
