"""The shapes of the API's bodies, as JSON Schema."""

from __future__ import annotations

from typing import Any

from sync_core.engine.deciding.verdict import Keep
from sync_core.engine.model.row_options import Length, RowOption
from sync_core.engine.model.words import (
    ColumnType,
    ConflictPolicy,
    ContractState,
    Direction,
    OneflowKind,
    Outcome,
    Result,
    Side,
)

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
MAYBE: Json = {"type": ["string", "null"]}
WHOLE: Json = {"type": "integer"}
FLAG: Json = {"type": "boolean"}


def shape(properties: Json, required: tuple[str, ...] = ()) -> Json:
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


def list_of(items: Json) -> Json:
    return {"type": "array", "items": items}


def one_of(words: Any) -> Json:
    return {"type": "string", "enum": [str(word) for word in words]}


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


_ROW = shape(
    {
        "dynamics_column": TEXT,
        "oneflow_field": TEXT,
        "direction": one_of(Direction),
        "oneflow_kind": one_of(OneflowKind),
        "conflict_policy": one_of(ConflictPolicy),
        "time_zone": TEXT,
        "labels": shape({"yes": list_of(TEXT), "no": list_of(TEXT)}, ("yes", "no")),
        "format": shape({"locale": TEXT, "length": one_of(Length), "currency": FLAG}, ("locale",)),
        "resolve_labels": {"type": ["boolean", "string"]},
    },
    ("dynamics_column", "oneflow_field", "direction"),
)
_WORDS = {"type": "object", "additionalProperties": TEXT}
_COLUMN = shape(
    {
        "name": TEXT,
        "label": TEXT,
        "type": one_of(ColumnType),
        "directions": list_of(one_of(Direction)),
        "not_allowed": _WORDS,
        "not_allowed_codes": _WORDS,
        "options": list_of(one_of(RowOption)),
        "lifted_by": _WORDS,
        "secured": FLAG,
        "required": FLAG,
    },
    ("name", "label", "type", "directions", "not_allowed", "options", "lifted_by"),
)
_RELATED = shape(dict.fromkeys(("lookup", "label", "entity", "entity_label"), TEXT))
_FIELD = shape(
    {
        "dynamics_column": TEXT,
        "dynamics_label": TEXT,
        "oneflow_kind": one_of(OneflowKind),
        "oneflow_field": TEXT,
        "oneflow_label": TEXT,
        "result": one_of(Result),
        "side": {"type": ["string", "null"], "enum": [*map(str, Side), None]},
        "from": MAYBE,
        "to": MAYBE,
        "reason": MAYBE,
    }
)
_PREVIEWED = shape(
    {
        **_FIELD["properties"],
        "known": shape(
            {
                "oneflow_changed": {"type": ["boolean", "null"]},
                "dynamics_changed": {"type": ["boolean", "null"]},
                "oneflow_changed_at": MAYBE,
                "record_modified_at": MAYBE,
                "record_modified_by": MAYBE,
                "our_last_write": {"type": ["object", "null"]},
                "from_contract": {"type": ["object", "null"]},
            }
        ),
    }
)
SCHEMAS: Json = {
    "Problem": shape(
        {"type": TEXT, "title": TEXT, "status": WHOLE, "detail": TEXT, "errors": {"type": "array"}},
        ("title", "status", "detail"),
    ),
    "Columns": shape(
        {
            "columns": list_of(_COLUMN),
            "related": list_of(_RELATED),
            "format_locales": list_of(TEXT),
            "next": MAYBE,
        },
        ("columns", "related", "format_locales"),
    ),
    "EntityMapping": shape(
        {
            "entity": TEXT,
            "fields": list_of(_ROW),
            "auto_push": FLAG,
            "conflict_policy": one_of(ConflictPolicy),
            "etag": TEXT,
        },
        ("fields",),
    ),
    "Result": shape(
        {
            "contract_id": {"type": ["integer", "null"]},
            "action": TEXT,
            "outcome": one_of(Outcome),
            "reason": MAYBE,
            "plan_id": MAYBE,
            "fields": list_of(_FIELD),
        },
        ("action", "outcome", "fields"),
    ),
    "Preview": shape(
        {
            "contract_id": {"type": ["integer", "null"]},
            "action": TEXT,
            "outcome": one_of(Outcome),
            "reason": MAYBE,
            "plan_id": TEXT,
            "fields": list_of(_PREVIEWED),
        },
        ("action", "outcome", "plan_id", "fields"),
    ),
    "Card": shape(
        {
            "contract_id": WHOLE,
            "name": TEXT,
            "state": one_of(ContractState),
            "link": one_of(("active", "broken", "paused")),
            "reason": MAYBE,
            "last_synced_at": MAYBE,
            "revision": WHOLE,
            "conflicts": WHOLE,
            "refused": WHOLE,
            "waiting_for_push": WHOLE,
            "not_agreed": WHOLE,
            "oneflow_url": TEXT,
        }
    ),
    "NewContract": shape(
        {
            "template_id": WHOLE,
            "workspace_id": WHOLE,
            "name": TEXT,
            "parties": list_of({"type": "object"}),
            "idempotency_key": TEXT,
        },
        ("template_id", "workspace_id", "name"),
    ),
    "Run": shape({"plan_id": TEXT, "confirm_signature_reset": FLAG}),
    "Confirm": shape({"confirm_signature_reset": FLAG}),
    "PushRecord": shape({"confirm_signature_reset": list_of(WHOLE)}),
    "Move": shape({"move": FLAG}),
    "Keep": shape(
        {"oneflow_field": TEXT, "conflict_id": TEXT, "keep": one_of(Keep), "confirm_signature_reset": FLAG},
        ("oneflow_field", "conflict_id", "keep"),
    ),
}
