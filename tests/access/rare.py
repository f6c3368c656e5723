"""Answers that take some trouble to come by, by the shape that each shows."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import requests

from sandbox.environment import environment
from sync_core.engine.model.instants import instant_text
from sync_core.engine.model.probed import PREFIX
from sync_core.engine.model.reasons import REFUSALS
from sync_core.engine.model.words import Side
from sync_core.errors import Ground
from tests.access.attempts import good_keep
from tests.stories.stage import Stage

_ROW = {"dynamics_column": "new_priority", "oneflow_field": "is_priority", "direction": "two_way"}


def _record(stage: Stage, rest: str = "contracts") -> str:
    return f"records/opportunity/{stage.record_id}/{rest}"


def _mapping(stage: Stage, **parts: Any) -> requests.Response:
    return stage.call("PUT", "entities/opportunity/mapping", parts, {"If-Match": "*"})


def _auto_push_starts(stage: Stage) -> requests.Response:
    stage.map(auto_push=False)
    return _mapping(stage, fields=[], auto_push=True)


def _bases_end(stage: Stage) -> requests.Response:
    """One row of a contract that exists, by other words than before."""
    stage.map()
    stage.contract()
    saved = stage.ok("GET", "entities/opportunity/mapping")
    fields = [{**row, "direction": "two_way", "format": {"locale": "sv-SE"}} for row in saved["fields"]
              if row["dynamics_column"] == "estimatedvalue"]  # fmt: skip
    return stage.call("PUT", "entities/opportunity/mapping?dry_run=true", {"fields": fields}, {"If-Match": "*"})


def _page_settings(stage: Stage) -> requests.Response:
    with environment({"WEBSITE_AUTH_ENABLED": "True", "SIGN_IN_CLIENT_ID": "the-app"}):
        return stage.call("GET", "ui/config.json")


def _probed(stage: Stage) -> requests.Response:
    marks = stage.world.services._marks
    marks.set(f"{PREFIX}event_sort", "honoured")
    try:
        return stage.call("GET", "connection")
    finally:
        marks.set(f"{PREFIX}event_sort", "")


def _stale_plan(stage: Stage) -> requests.Response:
    return stage.call("POST", f"contracts/{stage.contract()}/push", {"plan_id": "another"})


def _moved_dispute(stage: Stage) -> requests.Response:
    good = good_keep(stage)
    body = {**good.body, "conflict_id": "another"}
    return stage.call("POST", f"contracts/{good.parts['contract_id']}/conflicts", body)


def _linked_elsewhere(stage: Stage) -> requests.Response:
    elsewhere = stage.world.new_opportunity({"name": "Revised"})
    return stage.call("PUT", f"records/opportunity/{elsewhere}/contracts/{stage.contract()}", {})


def _already_made(stage: Stage) -> requests.Response:
    asked, _ = stage.unclear_creation(f"Which one {uuid.uuid4().hex}")
    return stage.call("POST", _record(stage), asked)


def _unclear(stage: Stage) -> requests.Response:
    stage.unclear_creation(f"Which one {uuid.uuid4().hex}")
    return stage.call("GET", _record(stage))


def _recovered(stage: Stage) -> requests.Response:
    seed, name = stage.world.oneflow_seed, f"Lost {uuid.uuid4().hex}"
    asked = {"template_id": seed.FRAME_TEMPLATE, "workspace_id": seed.SALES, "name": name, "idempotency_key": name}
    stage.fail("oneflow", "drop", path="/contracts/create", after_commit=True)
    assert stage.call("POST", _record(stage), asked).status_code == 503
    stage.put_job({"kind": "creation", "entity": "opportunity", "record_id": stage.record_id, "key": name})
    stage.drain()
    return stage.call("POST", _record(stage), asked)


def _unavailable(stage: Stage) -> requests.Response:
    stage.fail("oneflow", path="/accounts/me", status=503)
    return stage.call("GET", "connection")


def _lost(stage: Stage) -> requests.Response:
    seed, name = stage.world.oneflow_seed, f"Lost {uuid.uuid4().hex}"
    asked = {"template_id": seed.FRAME_TEMPLATE, "workspace_id": seed.SALES, "name": name, "idempotency_key": name}
    stage.fail("oneflow", "drop", path="/contracts/create", after_commit=True)
    assert stage.call("POST", _record(stage), asked).status_code == 503
    return stage.call("GET", _record(stage))


def _missed_right(stage: Stage) -> None:
    """A write was refused a moment ago for a right that the application user lacks."""
    code = REFUSALS[Side.DYNAMICS, Ground.PRIVILEGE].code
    stage.world.services._marks.set(f"lacks:dynamics:{code}:prvWriteOpportunity", instant_text(datetime.now(UTC)))


def _lack(stage: Stage) -> requests.Response:
    _missed_right(stage)
    return stage.call("GET", "connection")


def _checkpoint(stage: Stage) -> requests.Response:
    contract = stage.contract()
    stage.world.services.history.erase(contract)
    return stage.call("GET", f"contracts/{contract}/history")


def _sibling(stage: Stage) -> requests.Response:
    contract = stage.contract()
    stage.contract()
    with stage.silently():
        stage.world.edit_contract(contract, {"customer_name": f"Fetched for {contract}"})
    return stage.call("GET", f"contracts/{contract}/preview?action=fetch")


def _until_over(stage: Stage, plan: str) -> str:
    stage.until(lambda: stage.ok("GET", f"switch-over/plans/{plan}")["stand"] == "done", "the plan")
    return plan


def _named_by_its_field(stage: Stage) -> tuple[int, str]:
    """A contract whose name differs from its record's, and a plan that links it."""
    seed, people = stage.world.oneflow_seed, stage.world.oneflow.people
    fields = {"reference": stage.record_id, "customer_name": "As the contract says"}
    contract = people.create(seed.FRAME_TEMPLATE, seed.SALES, "Named by its field", fields).id
    rules = {"rules": [{"kind": "data_field", "entity": "opportunity", "field": "reference"}]}
    return contract, _until_over(stage, stage.ok("POST", "switch-over/plans", rules)["plan_id"])


def _left_line(stage: Stage) -> requests.Response:
    contract, plan = _named_by_its_field(stage)
    stage.edit_contract(contract, "colleague", customer_name="Changed since")
    stage.ok("POST", f"switch-over/plans/{plan}/actions", {"action": "apply"})
    _until_over(stage, plan)
    return stage.call("GET", f"switch-over/plans/{plan}")


def _to_be_settled(stage: Stage) -> tuple[int, str]:
    """A contract that was linked, and a plan that settles its name."""
    contract, plan = _named_by_its_field(stage)
    stage.ok("POST", f"switch-over/plans/{plan}/actions", {"action": "apply"})
    _until_over(stage, plan)
    rules = {"settle": {"opportunity": {"customer_name": "keep_oneflow"}}}
    return contract, _until_over(stage, stage.ok("POST", "switch-over/plans", rules)["plan_id"])


def _settle_line(stage: Stage) -> requests.Response:
    _, settle = _to_be_settled(stage)
    return stage.call("GET", f"switch-over/plans/{settle}/lines")


def _left_field(stage: Stage) -> requests.Response:
    contract, settle = _to_be_settled(stage)
    stage.edit_contract(contract, "colleague", customer_name="Changed since the dry run")
    stage.ok("POST", f"switch-over/plans/{settle}/actions", {"action": "apply"})
    _until_over(stage, settle)
    return stage.call("GET", f"switch-over/plans/{settle}")


ANSWERS: Mapping[str, Callable[[Stage], requests.Response]] = {
    "AlreadyMade": _already_made,
    "AutoPushStart": _auto_push_starts,
    "Candidate": _unclear,
    "Checkpoint": _checkpoint,
    "EndingBases": _bases_end,
    "EndingField": _bases_end,
    "FormatOption": lambda stage: _mapping(
        stage, fields=[{**_ROW, "dynamics_column": "estimatedvalue", "format": {"locale": "sv-SE"}}]
    ),
    "Lack": _lack,
    "LostCreation": _lost,
    "LabelsOption": lambda stage: _mapping(stage, fields=[{**_ROW, "labels": {"yes": ["Ja"], "no": ["Nej"]}}]),
    "LeftFieldOfLine": _left_field,
    "LeftLine": _left_line,
    "LinkedElsewhere": _linked_elsewhere,
    "MovedDispute": _moved_dispute,
    "PageSettings": _page_settings,
    "ProbeAnswer": _probed,
    "Recovered": _recovered,
    "Sibling": _sibling,
    "SettlePlanLine": _settle_line,
    "SignIn": _page_settings,
    "StalePlan": _stale_plan,
    "Unavailable": _unavailable,
    "UnclearCreation": _unclear,
    "WrongMember": lambda stage: _mapping(stage, fields=[{}]),
}
# What a shape shows only then, and could be without.
TOLD: Mapping[str, str] = {"StalePlan": "plan_id", "MovedDispute": "conflict", "AlreadyMade": "candidates",
                           "LinkedElsewhere": "record_id"}  # fmt: skip
