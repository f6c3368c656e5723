"""What a probe recorded is shapes without values, and the sandbox that plays them behaves as that account did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from cli.probe.samples import shape
from sandbox.oneflow import OneflowSimulator, seed
from sandbox.oneflow.samples import Samples
from sandbox.oneflow.switches import Switches
from sandbox.wire import InProcess
from sync_core.adapters.oneflow.client import OneflowClient
from sync_core.engine.model.actor import MACHINE
from tests.cli.desk import Desk
from tests.cli.test_probe import QUICK

ODD: dict[str, Any] = {
    "many_envelope": "refused",
    "omit_updated_time": True,
    "event_sort": "refused",
    "type_fields": "helper",
    "template_filters": "refused",
    "datetime_offset_style": "+00:00",
    "rate_limit_headers": True,
    "deleted_get_status": 403,
}


@pytest.fixture
def recorded(desk: Desk, tmp_path: Path) -> Path:
    """The samples of an account that answers otherwise than everybody hopes in eight ways."""
    switches = desk.world.oneflow.switches
    before = switches.as_dict()
    switches.update(ODD)
    done = desk.run("probe", *QUICK, "--samples", str(tmp_path))
    switches.update(before)
    assert done.code == 0, done.err
    return tmp_path


def test_samples_hold_no_value(desk: Desk, recorded: Path) -> None:
    text = (recorded / "oneflow.json").read_text()
    world = desk.world.oneflow.world.state
    values = [seed.SELLER, seed.TOKEN, "Kari Seller", world.account.name, "customer_name", "Customer name", "127.0.0.1"]
    values += [str(one) for one in (seed.FRAME_TEMPLATE, seed.SALES, *world.contracts)] + ["Sync probe"]
    assert [one for one in values if one in text] == []


def test_the_sandbox_behaves_as_the_recorded_account(recorded: Path) -> None:
    samples = Samples.read(recorded)
    played = {name: value for name, value in samples.switches.items() if value != getattr(Switches(), name)}
    assert played == {
        "many_envelope": "refused",
        "omit_updated_time": True,
        "event_sort": "refused",
        "type_fields": "helper",
        "template_filters": "refused",
        "rate_limit_headers": True,
        "deleted_get_status": 403,
    }
    sim = OneflowSimulator(samples=samples)
    session = requests.Session()
    session.mount("https://api.oneflow.com", InProcess(sim))
    client = OneflowClient(
        session, url="https://api.oneflow.com/v1", token=seed.TOKEN, user_email=seed.SELLER, sign_keys=["k"], timeout=5,
        monotonic=lambda: 0.0,
    )  # fmt: skip
    contract = sim.people.create(seed.FRAME_TEMPLATE, seed.SALES, "Played")
    shown = client.read(contract.id, MACHINE)
    assert shown.fields["customer_name"].updated_time is None
    assert client.template_fields(seed.FRAME_AGREEMENT)
    assert client.templates(seed.SALES)


def test_an_answer_has_the_keys_of_the_recorded_one_and_values_of_its_own(recorded: Path) -> None:
    file = recorded / "oneflow.json"
    content = json.loads(file.read_text())
    (read,) = [one for one in content["heard"] if (one["method"], one["path"]) == ("GET", "/contracts/{id}")
               and one["status"] == 200]  # fmt: skip
    del read["body"]["lifecycle_state"]
    read["body"]["playbook"] = {"id": 0}
    file.write_text(json.dumps(content))
    sim = OneflowSimulator(samples=Samples.read(recorded))
    session = requests.Session()
    session.mount("https://api.oneflow.com", InProcess(sim))
    contract = sim.people.create(seed.FRAME_TEMPLATE, seed.SALES, "Played")
    headers = {"X-Oneflow-API-Token": seed.TOKEN}
    shown = session.get(f"https://api.oneflow.com/v1/contracts/{contract.id}", headers=headers).json()
    assert shown["_private"]["name"] == "Played"
    assert "lifecycle_state" not in shown and shown["playbook"] == {"id": 0}


@pytest.mark.parametrize(("value", "kept"), [
    ({"state": "draft", "name": "Nordlys"}, {"state": "draft", "name": "text"}),
    ({"at": "2026-03-12T13:45:00+00:00"}, {"at": "2000-01-01T00:00:00+00:00"}),
    ({"at": "2026-03-12T13:45:00+0000", "on": "2026-03-12"}, {"at": "2000-01-01T00:00:00+0000", "on": "2000-01-01"}),
    ({"amount": "12500.00", "n": 7, "b": True, "none": None}, {"amount": "0.00", "n": 0, "b": True, "none": None}),
    ([{"a": 1}, {"b": "x"}], [{"a": 0, "b": "text"}]),
    ({"state": "ola@nordlys.example"}, {"state": "text"}),
    ([], []),
])  # fmt: skip
def test_a_value_is_replaced_by_one_of_its_form(value: Any, kept: Any) -> None:
    assert shape(value) == kept


@pytest.mark.parametrize("content", [None, "", "{}", '{"answers": {}, "heard": [1]}'])
def test_a_folder_without_samples_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "oneflow.json").write_text(content)
    with pytest.raises(ValueError, match="probe --samples"):
        Samples.read(tmp_path)
