"""Writing data fields: the ONE place that knows how many travel in one request.

The envelope of the many-field write is not documented beyond doubt, so the likely forms are tried in turn and the
one that works is remembered for a while; where none does, fields go one by one.
https://developer.oneflow.com/docs/update-a-data-field-value
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from sync_core.adapters.oneflow.api import OneflowApi
from sync_core.adapters.oneflow.contracts import contract_of
from sync_core.adapters.oneflow.models import DataField
from sync_core.adapters.oneflow.observed import Observed
from sync_core.engine.model.actor import Actor
from sync_core.engine.model.contracts import Contract, ContractField
from sync_core.errors import Gone, OneByOne, Refused, Temporary, VendorError

Written = Mapping[str, tuple[str, str | None]]

_MANY = "contracts/{id}/data_fields"
_ONE = "contracts/{id}/data_fields/{field}"
_NAMES_A_FIELD = re.compile(r"(data_fields)?\[\d+\].*")

_ENVELOPES: tuple[Callable[[list[Any]], Any], ...] = (lambda items: {"data_fields": items}, lambda items: items)
_SINGLE = len(_ENVELOPES)
_PROBED = {"data_fields": 0, "list": 1, "single": _SINGLE}  # which form a probe saw to be taken
FORM_KEPT = 600.0  # seconds that a form other than the first is believed
_SUSPECTED = 60.0  # seconds that fields go one by one before one of them has shown that the form was the matter


class FieldWriter:
    """Thread-safe: what is remembered are two pairs, and losing a race costs one request."""

    def __init__(self, api: OneflowApi, monotonic: Callable[[], float], observed: Observed) -> None:
        self._api, self._monotonic, self._observed = api, monotonic, observed
        self._known = (0, 0.0)  # the form, and until when it is believed
        self._suspected = (0, 0.0)  # the contract that refused every form for many, and until when

    def write(self, contract: Contract, texts: Mapping[str, str], actor: Actor, ask: Callable[[], None]) -> Written:
        """Per key what Oneflow shows now; a field that it has no longer is left out. `ask` comes before each request.
        OneByOne where several fields are given and only one may travel."""
        fields = {key: contract.fields[key] for key in texts}
        known = self._form(contract.id)
        if len(texts) == 1 and known != 0:
            return self._one(contract, fields, texts, actor, ask)
        for form in range(known, _SINGLE):
            items = [_item(fields[key], text) for key, text in texts.items()]
            try:
                answer = self._put(_MANY, {"id": contract.id}, _ENVELOPES[form](items), actor, ask)
            except (Refused, Gone) as error:
                if not _form_refused(error):
                    raise
                continue
            self._remember(form)
            return self._answered(contract, fields, answer, actor)
        if known != _SINGLE:
            self._suspected = (contract.id, self._monotonic() + _SUSPECTED)
        if len(texts) == 1:
            return self._one(contract, fields, texts, actor, ask)
        raise OneByOne("oneflow takes one data field in a request", side="oneflow")

    def _one(
        self,
        contract: Contract,
        fields: Mapping[str, ContractField],
        texts: Mapping[str, str],
        actor: Actor,
        ask: Callable[[], None],
    ) -> Written:
        """One field by itself. Its success shows that the form was refused before, not the values."""
        ((key, text),) = texts.items()
        answer = self._put(_ONE, {"id": contract.id, "field": fields[key].id}, {"value": text}, actor, ask)
        if self._is_suspected(contract.id):
            self._remember(_SINGLE)
        return self._answered(contract, fields, [answer], actor)

    def _put(self, path: str, at: Mapping[str, object], body: Any, actor: Actor, ask: Callable[[], None]) -> Any:
        ask()
        self._api.ask()
        return self._api.call("PUT", path, actor, at=at, json=body).data

    def _form(self, contract_id: int) -> int:
        """Oneflow may take many fields one day, and one odd answer is no proof: a form is tried again after a while."""
        if self._is_suspected(contract_id):
            return _SINGLE
        form, until = self._known
        return form if self._monotonic() < until else _PROBED.get(self._observed.position("many_fields") or "", 0)

    def _is_suspected(self, contract_id: int) -> bool:
        return self._suspected[0] == contract_id and self._monotonic() < self._suspected[1]

    def _remember(self, form: int) -> None:
        self._known, self._suspected = (form, self._monotonic() + FORM_KEPT), (0, 0.0)

    def _answered(self, contract: Contract, fields: Mapping[str, ContractField], data: Any, actor: Actor) -> Written:
        """What each field shows by the answer; what the answer leaves out is read again, once."""
        by_id = {one.id: one for one in _fields_in(data)}
        written = {
            key: (by_id[field.id].value or "", by_id[field.id].updated_time)
            for key, field in fields.items()
            if field.id in by_id
        }
        if len(written) < len(fields):
            names = {field.id: field.custom_id or key for key, field in fields.items()}
            try:
                shown = contract_of(self._api.call("GET", "contracts/{id}", actor, at={"id": contract.id}).data, names)
            except VendorError as error:
                text = "oneflow took the write but its result could not be read"
                raise Temporary(text, side="oneflow", unclear=True) from error
            left = {key: shown.fields[key] for key in fields.keys() - written.keys() if key in shown.fields}
            written |= {key: (now.value, now.updated_time) for key, now in left.items()}
        return written


def _item(field: ContractField, text: str) -> dict[str, Any]:
    return {"id": field.id, "value": text}


def _form_refused(error: Refused | Gone) -> bool:
    """Whether the form, not a field or the contract's state, was refused: then nothing was written."""
    if error.status in (404, 405):
        return True
    places = getattr(error, "fields", {})
    return error.status == 400 and not any(_NAMES_A_FIELD.match(place) for place in places)


def _fields_in(data: Any) -> list[DataField]:
    if isinstance(data, Mapping):
        data = data.get("data_fields", data.get("data"))
    found = []
    for one in data if isinstance(data, list) else ():
        try:
            found.append(DataField.model_validate(one))
        except ValidationError:
            continue
    return found
