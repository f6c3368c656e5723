"""Template types that Oneflow's own Dynamics app owns: closed to this sync until an administrator opens them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync_core.engine.model.contracts import is_owned
from sync_core.engine.model.instants import instant_text
from sync_core.errors import Gone, Invalid
from sync_core.usecases.ports import Clock, Contracts
from sync_core.usecases.stores import Marks

_MARK = "takeover-"


@dataclass(frozen=True, slots=True)
class OwnedType:
    """`opened_at` and `opened_by` where somebody opened it."""

    id: int
    name: str
    opened_at: str | None = None
    opened_by: str | None = None


class Takeover:
    def __init__(self, contracts: Contracts, marks: Marks, clock: Clock) -> None:
        self._contracts, self._marks, self._clock = contracts, marks, clock

    def types(self) -> Sequence[OwnedType]:
        """The template types that Oneflow's own app owns."""
        opened = self._opened()
        return [
            OwnedType(kind["id"], kind["name"] or "", known.get("at"), known.get("by"))
            for kind in self._contracts.template_types()
            if is_owned(kind["extension_type"])
            for known in [opened.get(kind["id"], {})]
        ]

    def closed(self) -> frozenset[int]:
        """Those that this sync leaves alone."""
        return frozenset(one.id for one in self.types() if one.opened_at is None)

    def opened(self) -> frozenset[int]:
        return frozenset(self._opened())

    def open(self, type_id: int, who: str, *, two_way_is_off: bool) -> OwnedType:
        """Invalid unless somebody confirms that Oneflow's own app no longer writes; Gone without such a type."""
        one = self._one(type_id)
        if not two_way_is_off:
            text = (
                "Confirm that the two-way sync of Oneflow's own app is off for this template type: in Dynamics, "
                "Oneflow Administration > Setup Entities > the entity > Data fields, no row may be Two-way."
            )
            raise Invalid(text, problems=[{"field": "two_way_is_off", "detail": text}])
        content = {"at": instant_text(self._clock.now()), "by": who}
        self._marks.set(f"{_MARK}{type_id}", json.dumps(content))
        return OwnedType(one.id, one.name, content["at"], who)

    def close(self, type_id: int) -> OwnedType:
        """No contract of it is created or linked any more; links that are there stay."""
        one = self._one(type_id)
        self._marks.drop(f"{_MARK}{type_id}")
        return OwnedType(one.id, one.name)

    def _one(self, type_id: int) -> OwnedType:
        found = next((one for one in self.types() if one.id == type_id), None)
        if found is None:
            raise Gone(f"Oneflow's own app owns no template type {type_id}.", side="oneflow")
        return found

    def _opened(self) -> Mapping[int, Mapping[str, str]]:
        return {
            int(name.removeprefix(_MARK)): json.loads(value)
            for name, value in self._marks.all().items()
            if name.startswith(_MARK) and value
        }
