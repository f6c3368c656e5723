"""A company that switches over, mapped and connected: what is linked, and what both sides show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.story import MAPPING
from sandbox.switching import Switched, switch_over
from sandbox.world import World
from sync_core.handlers.mapping import entity_mapping

_COLUMNS = ("name", "estimatedvalue", "estimatedclosedate", "new_priority", "description", "new_starttime")


class Company:
    def __init__(self, world: World, contracts: int) -> None:
        self.world = world
        self.made: Switched = switch_over(world, contracts)
        names = ("dynamics_column", "oneflow_field", "direction")
        fields = [dict(zip(names, row, strict=True)) for row in MAPPING]
        world.services._mappings.put(entity_mapping("opportunity", {"fields": fields}), "*")
        world.connect()

    def linked(self) -> Mapping[int, str]:
        links = self.world.services._links
        found = ((one, links.open(one)) for one in self.made.contracts)
        return {one: opened.link.record_id for one, opened in found if opened}

    def values(self) -> Mapping[int, tuple[Any, ...]]:
        contracts = self.world.oneflow.world.state.contracts
        return {
            contract: (
                {one.custom_id: one.value for one in contracts[contract].fields},
                [self.world.record(record)[name] for name in _COLUMNS],
            )
            for contract, record in self.made.record_of.items()
        }
