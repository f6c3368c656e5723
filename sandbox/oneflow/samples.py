"""An account as a probe recorded it: its answers turn the switches, its shapes are given to what is answered here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.wire import Request, Response

FILE = "oneflow.json"
_VARIED = frozenset({"parties"})  # of several kinds, of which a probe's draft has one
# question -> switch -> position -> the switch's own; a position that is not there leaves the switch as it is.
_SWITCHES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "user_sees_all": {"users_see_all_contracts": {"yes": True, "no": False}},
    "template_types": {"template_types_extension": {"yes": True, "no": False}},
    "type_fields": {"type_fields": {"shown": "shown", "helper": "helper"}},
    "template_filters": {"template_filters": {"taken": "taken", "refused": "refused"}},
    "contract_filters": {"contract_filters": {"taken": "taken", "refused": "refused"}},
    "state_form": {"state_form": {"text": "text", "number": "number", "unknown": "unknown"}},
    "custom_ids": {"omit_custom_id_in_contract_reads": {"shown": False, "absent": True}},
    "updated_times": {"omit_updated_time": {"shown": False, "absent": True}},
    "many_fields": {"many_envelope": {"data_fields": "data_fields", "list": "list", "single": "refused"}},
    "same_value_counts": {"same_value_counts_as_update": {"yes": True, "no": False}},
    "contract_time_moves": {"field_write_moves_contract_time": {"yes": True, "no": False}},
    "event_sort": {"event_sort": {"honoured": "honoured", "ignored": "ignored", "refused": "refused"}},
    "events_name_field": {"events_identify_field": {"yes": True, "no": False}},
    "events_carry_changes": {"events_carry_changes": {"yes": True, "no": False}},
    "draft_webhook": {"data_field_update_fires_for_drafts": {"yes": True, "no": False}},
    "webhook_filters": {"webhook_filters": {"all": "all", "connector": "connector", "refused": "refused"}},
    "deleted_status": {"deleted_get_status": {"404": 404, "403": 403, "410": 410}},
    "party_update": {"people_update": {"put": "put", "no": "refused"}},
    "participant_custom_id": {"participant_custom_ids": {"yes": True, "no": False}},
    "product_bulk": {"product_bulk": {"deletes": "deletes", "keeps": "keeps"}},
    "product_discount": {"product_discount": {"unit": "unit", "line": "line"}},
    "product_custom_id": {"product_custom_ids": {"yes": True, "no": False}},
}


@dataclass(frozen=True)
class Samples:
    answers: Mapping[str, str]
    shapes: Mapping[tuple[str, str, int], Any]

    @classmethod
    def read(cls, folder: Path) -> Samples:
        """ValueError where the folder has no samples of a probe."""
        try:
            content = json.loads((folder / FILE).read_text(encoding="utf-8"))
            heard = {(one["method"], one["path"].split("?")[0], one["status"]): one["body"] for one in content["heard"]}
            return cls(content["answers"], heard)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{folder} has no {FILE} that `python -m cli probe --samples` wrote.") from error

    @property
    def switches(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for question, switches in _SWITCHES.items():
            for switch, positions in switches.items():
                if self.answers.get(question) in positions:
                    found[switch] = positions[self.answers[question]]
        limit = self.answers.get("rate_limit", "")
        return found | ({"rate_limit_headers": True, "rate_limit": int(limit)} if limit.isdigit() else {})

    def played(self, request: Request, response: Response, prefix: str) -> Response:
        """With the keys that the account's answers have, and no others; the values are the simulator's."""
        path = re.sub(r"/c::[^/]+", "/c::{custom_id}", re.sub(r"/\d+", "/{id}", request.path.removeprefix(prefix)))
        shape = self.shapes.get((request.method, path.rstrip("/") or "/", response.status))
        if not response.body or shape is None or response.status >= 300:
            return response
        content = json.loads(response.body)
        return Response.of_json(response.status, _like(content, shape), response.headers)


def _like(value: Any, shape: Any) -> Any:
    if isinstance(value, dict) and isinstance(shape, dict):
        alike = {key: _like(value[key], each) if key in value else each for key, each in shape.items()}
        return alike | {key: value[key] for key in _VARIED & value.keys() & shape.keys()}
    if isinstance(value, list) and isinstance(shape, list) and shape:
        return [_like(each, shape[0]) for each in value]
    return value
