"""The one contract that a probe makes: a draft without a counterparty, so that nobody is told of it.

What is about to be made is written down first; so whoever comes after a probe that was killed finds its draft.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sync_core.adapters.oneflow.api import OneflowApi, listed
from sync_core.engine.model.actor import MACHINE
from sync_core.engine.model.probed import DRAFT
from sync_core.errors import Gone, NotAllowed, Refused, Temporary

PREFIX = "Sync probe, may be deleted "
_LOOKS, _PAUSE = 3, 5.0  # a list may lag behind what was made
_LOOKED_THROUGH = 2000
CONTRACT = "contracts/{id}"


class Marks(Protocol):
    """Small facts in storage."""

    def set(self, name: str, value: str) -> None: ...

    def all(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Place:
    template_id: int
    workspace_id: int


class Draft:
    """`id` while it is there. Use it with `with`: it is removed at the end, whatever happens."""

    def __init__(self, api: OneflowApi, marks: Marks, sleep: Callable[[float], None]) -> None:
        self._api, self._marks, self._sleep = api, marks, sleep
        self.id: int | None = None
        self.name = f"{PREFIX}{secrets.token_hex(6)}"

    def remove_left_behind(self) -> int:
        """How many drafts of probes before were still there; none is afterwards."""
        text = self._marks.all().get(DRAFT)
        if not text:
            return 0
        known = json.loads(text)
        found = [int(known["id"])] if known.get("id") else self._found(str(known["name"]))
        removed = sum(self._remove(one) for one in found)
        self._marks.set(DRAFT, "")
        return removed

    def make(self, place: Place, fields: Mapping[str, str]) -> Mapping[str, Any]:
        """Made under its name, with these fields; what Oneflow answered."""
        self._note()
        body = {
            "workspace_id": place.workspace_id,
            "template_id": place.template_id,
            "name": self.name,
            "data_fields": [{"custom_id": custom_id, "value": text} for custom_id, text in fields.items()],
            "parties": [],
        }
        made = self._api.call("POST", "contracts/create", MACHINE, json=body).data
        if not isinstance(made, Mapping) or not isinstance(made.get("id"), int):
            raise Temporary("oneflow answered a creation without the contract's id", side="oneflow")
        self.id = made["id"]
        self._note()
        return made

    def remove(self) -> None:
        """For good: what cannot be removed now stays written down, and the next probe removes it. Where another probe
        has written down its own meanwhile, that one is left alone."""
        if self.id is not None and self._written_down() != self.id:
            self._remove(self.id)
        else:
            self.remove_left_behind()
        self.id = None

    def _written_down(self) -> int | None:
        known = json.loads(self._marks.all().get(DRAFT) or "{}").get("id")
        return int(known) if known else None

    def _note(self) -> None:
        self._marks.set(DRAFT, json.dumps({"name": self.name, "id": self.id}))

    def _found(self, name: str) -> Sequence[int]:
        """Contracts of exactly this name, which a probe alone gives. It may have been killed before it made one."""
        for look in range(_LOOKS):
            found = [int(row["id"]) for row in self._rows(name) if (row.get("_private") or {}).get("name") == name]
            if found:
                return found
            if look < _LOOKS - 1:
                self._sleep(_PAUSE)
        return ()

    def _rows(self, name: str) -> Sequence[Mapping[str, Any]]:
        try:
            data = self._api.call("GET", "contracts", MACHINE, params={"filter[name]": name}).data
            return [row for row in listed(data) if isinstance(row, Mapping)]
        except Refused as refused:
            if refused.status != 400:
                raise
        rows = self._api.pages("contracts", MACHINE, most=_LOOKED_THROUGH)
        return [row for row in rows if isinstance(row, Mapping)]

    def _remove(self, contract_id: int) -> bool:
        """Whether it was there. Only a draft with a probe's name is ever taken away."""
        try:
            shown = self._api.call("GET", CONTRACT, MACHINE, at={"id": contract_id}).data or {}
        except (Gone, NotAllowed):
            return False
        if not str((shown.get("_private") or {}).get("name") or "").startswith(PREFIX):
            return False
        self._api.call("DELETE", CONTRACT, MACHINE, at={"id": contract_id})
        return True
