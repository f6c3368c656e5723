"""Every operation that people may ask for, by the name of its route."""

from __future__ import annotations

from collections.abc import Mapping

from sync_core.handlers import actions, administration, switching
from sync_core.handlers.operation import Operation

OPERATIONS: Mapping[str, Operation] = {
    name: one
    for part in (actions, administration, switching)
    for name, one in vars(part).items()
    if isinstance(one, Operation)
}
