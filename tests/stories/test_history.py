"""Why does this field hold this value? The history over all contracts: whole, erasable, enough to rebuild the base."""

from __future__ import annotations

from sync_core.engine.model.base import FieldBase
from sync_core.engine.settling.history_chain import rebuilt
from tests.stories.stage import Stage


def halves_stored(stage: Stage, contract: int) -> dict[str, object]:
    opened = stage.world.services._links.open(contract)
    assert opened
    return {key: base.halves for key, base in opened.bases.items()}


def halves_rebuilt(stage: Stage, contract: int) -> dict[str, object]:
    links = stage.world.services._links
    entries = list(reversed(links.history(contract, limit=1000)[0]))
    found = rebuilt(entries, links.checkpoint(contract))
    return {key: FieldBase.from_json(one).halves for key, one in found.items()}


def test_the_base_can_be_rebuilt_from_the_history(stage: Stage) -> None:
    contract = stage.contract()
    assert halves_rebuilt(stage, contract) == halves_stored(stage, contract)
    stage.edit_record(name="Pushed", estimatedvalue="17.50")
    stage.push(contract)
    stage.edit_contract(contract, customer_name="Typed by the counterparty")
    stage.until(lambda: stage.record("name") == "Typed by the counterparty", "it travels")
    stage.edit_record(name="Both", estimatedclosedate="2026-12-24")
    stage.edit_contract(contract, customer_name="Both")
    stage.look(contract)
    stage.fetch(contract)
    assert halves_rebuilt(stage, contract) == halves_stored(stage, contract)
    stage.world.services.history.erase(contract)
    stage.edit_record(name="After the erasure")
    stage.push(contract)
    assert halves_rebuilt(stage, contract) == halves_stored(stage, contract)


def test_an_erased_history_holds_no_value_and_the_sync_goes_on(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_record(name="A name to be forgotten")
    stage.push(contract)
    stage.edit_record(name="Another")
    stage.push(contract)
    stage.drain()
    stage.world.services.history.erase(contract)
    answer = stage.ok("GET", f"contracts/{contract}/history")
    assert answer["entries"] == [] and answer["begins_after"]["number"] >= 3
    assert "A name to be forgotten" not in str(stage.ok("GET", f"log?contract_id={contract}"))
    assert stage.push(contract)["outcome"] == "unchanged"
    assert stage.world.services.history.check(contract)["problems"] == []


def test_the_log_answers_over_all_contracts_by_contract_and_by_field(stage: Stage) -> None:
    one, other = stage.contract(), stage.contract()
    stage.edit_record(name="For the log")
    stage.push(one)
    stage.edit_record(estimatedvalue="99.00")
    stage.push(other)
    entries = stage.ok("GET", "log")["entries"]
    assert {entry["contract_id"] for entry in entries[:6]} >= {other, one}
    assert [entry["at"] for entry in entries] == sorted((entry["at"] for entry in entries), reverse=True)
    assert all("base_after" not in line for entry in entries for line in entry["fields"])
    by_field = stage.ok("GET", "log?field=CUSTOMER_NAME")["entries"]
    assert by_field and all(
        any(line["oneflow_field"] == "customer_name" for line in entry["fields"]) for entry in by_field
    )
    by_contract = stage.ok("GET", f"log?contract_id={one}&field=name")["entries"]
    assert {entry["contract_id"] for entry in by_contract} == {one}
    assert stage.call("GET", "log?next=%27%20or%201").status_code == 400
    assert stage.call("GET", "log?contract_id=x").status_code == 400


def test_a_contract_linked_again_goes_on_with_its_history(stage: Stage) -> None:
    contract = stage.contract()
    route = f"records/opportunity/{stage.record_id}/contracts/{contract}"
    assert stage.call("DELETE", route).status_code == 204
    stage.ok("PUT", route, {})
    stage.drain()
    actions = [entry["action"] for entry in stage.history(contract)]
    assert actions[-3:] == ["link", "unlink", "create"][: len(actions)]
    assert stage.world.services.history.check(contract)["problems"] == []
    assert halves_rebuilt(stage, contract).keys() == halves_stored(stage, contract).keys()
    stage.call("DELETE", route)
    stage.world.services.history.erase(contract)
    stage.ok("PUT", route, {})
    assert stage.world.services.history.check(contract)["problems"] == [], "the erasure's checkpoint leads on"


def test_a_change_that_no_event_announced_is_counted_as_drift(stage: Stage) -> None:
    contract = stage.contract()
    before = stage.ok("GET", "connection")["drift"]
    stage.ok("DELETE", "connection/webhooks")
    stage.edit_contract(contract, customer_name="Nobody was told")
    stage.look(contract)
    assert stage.record("name") == "Nobody was told"
    assert stage.ok("GET", "connection")["drift"] == before + 1
    stage.ok("PUT", "connection/webhooks", {})
    stage.edit_contract(contract, customer_name="Announced")
    stage.until(lambda: stage.record("name") == "Announced", "it travels")
    assert stage.ok("GET", "connection")["drift"] == before + 1
