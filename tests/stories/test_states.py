"""What the states of a contract and of a record allow (DESIGN 2.5), in the running app."""

from __future__ import annotations

from tests.stories.stage import Stage, line

QUOTE_ROWS = [("name", "customer_name", "two_way"), ("effectivefrom", "start_time", "two_way")]


def _quote(stage: Stage) -> tuple[str, int]:
    fields = [dict(zip(("dynamics_column", "oneflow_field", "direction"), row, strict=True)) for row in QUOTE_ROWS]
    stage.ok("PUT", "entities/quote/mapping", {"entity": "quote", "fields": fields}, {"If-Match": "*"})
    quote = stage.world.dataverse.people.new("quote", {"name": "Quote 1", "statecode": 0, "statuscode": 1})
    seed = stage.world.oneflow_seed
    body = {"template_id": seed.FRAME_TEMPLATE, "workspace_id": seed.SALES, "name": "From a quote"}
    contract = int(stage.ok("POST", f"records/quote/{quote}/contracts", body)["contract_id"])
    return quote, contract


def test_a_record_that_dynamics_holds_read_only_blocks_with_the_reason_and_goes_on_when_it_opens(stage: Stage) -> None:
    quote, contract = _quote(stage)
    people = stage.world.dataverse.people
    people.activate_quote(quote)
    stage.edit_contract(contract, "colleague", customer_name="Edited while active")
    stage.look(contract)
    stage.look(contract)
    blocked = [entry for entry in stage.history(contract) if entry["outcome"] == "blocked"]
    assert len(blocked) == 1, "told once"
    assert "read-only" in line(blocked[0], "customer_name")["reason"]
    assert stage.letters(contract) == []
    people.set_columns("quote", quote, {"statecode": 0, "statuscode": 1})
    stage.look(contract)
    assert people.columns("quote", quote)["name"] == "Edited while active"


def test_a_link_moves_to_the_revised_quote_and_writes_nothing_by_itself(stage: Stage) -> None:
    quote, contract = _quote(stage)
    people = stage.world.dataverse.people
    people.close_quote(quote)
    revised = people.new("quote", {"name": "Quote 1, revised", "statecode": 0, "statuscode": 1})
    stage.ok("PUT", f"records/quote/{revised}/contracts/{contract}", {"move": True})
    stage.look(contract)
    assert stage.text(contract, "customer_name") == "Quote 1"
    assert people.columns("quote", revised)["name"] == "Quote 1, revised"
    result = stage.ok("POST", f"contracts/{contract}/push", {})
    assert line(result, "customer_name")["to"] == "Quote 1, revised"


def test_every_field_suddenly_empty_is_reported_and_nothing_is_written(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_record(description="Words")
    stage.push(contract)
    empty = dict.fromkeys(("customer_name", "amount", "close_date", "is_priority", "description"), "")
    stage.edit_contract(contract, **empty, start_time="", account_name="")
    stage.look(contract)
    assert stage.record("name") == "Nordlys"
    assert stage.record("description") == "Words"
    told = [one for entry in stage.history(contract) for one in entry["fields"] if one["reason_code"] == "all_empty"]
    assert told
    stage.fetch(contract)
    assert stage.record("description") is None, "a person's fetch is the confirmation"


def test_a_record_deleted_in_dynamics_breaks_the_link(stage: Stage) -> None:
    contract = stage.contract()
    stage.world.dataverse.people.delete("opportunity", stage.record_id)
    stage.look(contract)
    opened = stage.world.services._links.open(contract)
    assert opened is not None
    assert opened.link.status == "broken" and opened.link.reason and "deleted in Dynamics" in opened.link.reason


def test_an_unlinked_contract_is_left_alone_and_its_history_goes_on_when_it_is_linked_again(stage: Stage) -> None:
    contract = stage.contract()
    route = f"records/opportunity/{stage.record_id}/contracts/{contract}"
    assert stage.call("DELETE", route).status_code == 204
    stage.edit_contract(contract, customer_name="While unlinked")
    stage.drain()
    assert stage.record("name") == "Nordlys"
    stage.ok("PUT", route, {})
    stage.look(contract)
    assert stage.record("name") == "Nordlys", "linking writes nothing"
    numbers = [entry["number"] for entry in stage.history(contract)]
    assert numbers == sorted(numbers, reverse=True) and len(set(numbers)) == len(numbers)
