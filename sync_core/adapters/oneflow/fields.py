"""Writing data fields: the ONE place that knows how many travel in one request.

The envelope of the many-field write is not documented beyond doubt, so the likely forms are tried in turn and the
one that works is remembered for the process; single writes are the last resort.
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
from sync_core.engine.model.actor import Actor
from sync_core.engine.model.contracts import Contract, ContractField
from sync_core.errors import Gone, NotAllowed, Refused, Temporary, VendorError

Written = Mapping[str, tuple[str, str | None] | Exception]

_MANY = "contracts/{id}/data_fields"
_ONE = "contracts/{id}/data_fields/{field}"
_NAMES_A_FIELD = re.compile(r"(data_fields)?\[\d+\].*")

_ENVELOPES: tuple[Callable[[list[Any]], Any], ...] = (lambda items: {"data_fields": items}, lambda items: items)
_SINGLE = len(_ENVELOPES)


class FieldWriter:
    """Thread-safe: the remembered form is one number, and losing a race costs one request."""

    def __init__(self, api: OneflowApi) -> None:
        self._api = api
        self._form = 0

    def write(self, contract: Contract, texts: Mapping[str, str], actor: Actor) -> Written:
        """Per key what Oneflow answered. An error for all is raised, an error for one field stands in its place."""
        fields = {key: contract.fields[key] for key in texts}
        if len(texts) == 1 and self._form != 0:
            return self._singly(contract, fields, texts, actor)
        for form in range(self._form, _SINGLE):
            items = [_item(fields[key], text) for key, text in texts.items()]
            try:
                answer = self._api.call("PUT", _MANY, actor, at={"id": contract.id}, json=_ENVELOPES[form](items))
            except (Refused, Gone) as error:
                if not _form_refused(error):
                    raise
                continue
            self._form = form
            return self._answered(contract, fields, answer.data, actor)
        written = self._singly(contract, fields, texts, actor)
        if any(not isinstance(one, Exception) for one in written.values()):
            self._form = _SINGLE
        return written

    def _singly(
        self, contract: Contract, fields: Mapping[str, ContractField], texts: Mapping[str, str], actor: Actor
    ) -> Written:
        written: dict[str, tuple[str, str | None] | Exception] = {}
        for key, text in texts.items():
            try:
                at = {"id": contract.id, "field": fields[key].id}
                answer = self._api.call("PUT", _ONE, actor, at=at, json={"value": text})
                written |= self._answered(contract, {key: fields[key]}, [answer.data], actor)
            except (Refused, NotAllowed, Gone, Temporary) as error:
                written[key] = error
        errors = [one for one in written.values() if isinstance(one, VendorError)]
        if len(errors) == len(texts):
            raise errors[0]
        return written

    def _answered(self, contract: Contract, fields: Mapping[str, ContractField], data: Any, actor: Actor) -> Written:
        """What each field shows by the answer; what the answer leaves out is read again, once."""
        by_id = {one.id: one for one in _fields_in(data)}
        written: dict[str, tuple[str, str | None] | Exception] = {
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
            for key in fields.keys() - written.keys():
                now = shown.fields.get(key)
                written[key] = (now.value, now.updated_time) if now else Gone("The field is gone.", side="oneflow")
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
