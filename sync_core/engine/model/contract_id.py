"""A contract's number in Oneflow. A module of its own: a webhook needs no more of the engine than this and a job."""

from __future__ import annotations

HIGHEST = 2**53 - 1  # every reader of JSON holds whole numbers up to here


def is_contract_id(value: object) -> bool:
    """Whether this may be a contract's number: whatever else a caller sends would only break a key or a request."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= HIGHEST
