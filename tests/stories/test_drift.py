"""What administrators of either vendor change under a mapping is found before the first wrong write. Only the field it
hits is set aside, with its reason; the others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.stories.stage import ROWS, Stage, line

TABLE = "opportunity"
WHOLE_DAYS = {"Format": "DateOnly", "DateTimeBehavior": {"Value": "DateOnly"}}
STAGES = (*ROWS, ("new_stage", "stage", "dynamics_to_oneflow"))


@pytest.fixture(autouse=True)
def as_it_was(stage: Stage) -> Iterator[None]:
    tables = stage.world.dataverse.world.tables
    table = tables[TABLE]
    yield
    tables[TABLE] = table
    stage.world.dataverse.switches.masks_secured = False


def change_column(stage: Stage, name: str, **changed: Any) -> None:
    """An administrator of Dynamics changes a column; the app has its definition in a cache."""
    tables = stage.world.dataverse.world.tables
    attributes = dict(tables[TABLE].attributes)
    attributes[name] = replace(attributes[name], **changed)
    tables[TABLE] = replace(tables[TABLE], attributes=attributes)


def remove_column(stage: Stage, name: str, renamed: bool) -> None:
    tables = stage.world.dataverse.world.tables
    attributes = dict(tables[TABLE].attributes)
    gone = attributes.pop(name)
    if renamed:
        attributes[f"{name}_old"] = replace(gone, name=f"{name}_old")
    tables[TABLE] = replace(tables[TABLE], attributes=attributes)


def warm(stage: Stage, **mapping: Any) -> int:
    """A sent contract that holds a description, with every definition in the app's cache."""
    stage.map(**mapping)
    stage.edit_record(description="Ours")
    contract = stage.contract()
    assert stage.text(contract, "description") == "Ours"
    return contract


def push_beside(stage: Stage, contract: int, field: str = "description") -> dict[str, Any]:
    """A push while another field changes too, which must go out; what is said of the field that was hit."""
    stage.edit_record(name="Beside it")
    result = stage.push(contract)
    assert line(result, "customer_name")["result"] == "written"
    assert stage.text(contract, "customer_name") == "Beside it"
    assert result["outcome"] == "partial"
    return line(result, field)


@pytest.mark.parametrize("renamed", [True, False])
def test_a_column_that_is_gone_is_set_aside_alone(stage: Stage, renamed: bool) -> None:
    contract = warm(stage)
    remove_column(stage, "description", renamed)
    assert push_beside(stage, contract)["reason_code"] == "column_gone"
    assert stage.text(contract, "description") == "Ours"
    stage.edit_contract(contract, description="Theirs", customer_name="Theirs too")
    stage.look(contract)
    assert stage.record("name") == "Theirs too", "the other field goes on"


def test_a_column_made_anew_as_one_that_may_not_be_mapped_so_is_set_aside_alone(stage: Stage) -> None:
    contract = warm(stage, auto_push=True)
    change_column(stage, "description", kind="Picklist", more={}, options={7: ("Seven", "Sju")})
    with stage.silently():
        stage.edit_record(description=7)
    assert push_beside(stage, contract)["reason_code"] == "direction_not_allowed"
    stage.look(contract)
    assert stage.text(contract, "description") == "Ours"


def test_a_column_made_anew_as_a_number_takes_no_text(stage: Stage) -> None:
    contract = warm(stage)
    change_column(stage, "description", kind="Integer", more={"MinValue": 0, "MaxValue": 100})
    with stage.silently():
        stage.edit_record(description=70)
    stage.edit_contract(contract, description="Theirs", customer_name="Theirs too")
    stage.look(contract)
    assert (stage.record("description"), stage.record("name")) == (70, "Theirs too")
    stage.edit_record(description=80)
    stage.push(contract)
    assert stage.text(contract, "description") == "80", "what the record really holds goes out"


@pytest.mark.parametrize(
    ("changed", "held", "shown", "typed", "taken"),
    [
        ({"kind": "Integer", "more": {"MinValue": 0, "MaxValue": 100}}, 70, "70", "42", 42),
        ({"kind": "Boolean", "more": {}}, True, "Yes", "No", False),
        ({"kind": "DateTime", "more": WHOLE_DAYS}, "2026-03-12", "2026-03-12", "2026-05-06", "2026-05-06"),
    ],
    ids=["a number", "yes or no", "a day"],
)
def test_a_column_made_anew_with_another_type_goes_on_under_it(
    stage: Stage, changed: dict[str, Any], held: object, shown: str, typed: str, taken: object
) -> None:
    """On both sides: what the record holds goes out as that type's text, and what is typed comes in as its value."""
    contract = warm(stage)
    change_column(stage, "description", **changed)
    with stage.silently():
        stage.edit_record(description=held)
    assert line(stage.push(contract), "description")["result"] == "written"
    assert stage.text(contract, "description") == shown
    stage.edit_contract(contract, description=typed)
    stage.look(contract)
    assert stage.record("description") == taken


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("auto_push", [False, True])
def test_a_column_secured_a_moment_ago_is_no_empty_one(stage: Stage, masked: bool, auto_push: bool) -> None:
    """Its value reads as null, or masked; what is known of the column is older."""
    contract = warm(stage, auto_push=auto_push)
    stage.world.dataverse.switches.masks_secured = masked
    change_column(stage, "description", secured=True)
    # Who may do everything reads it all the same; the application user here is one who may not.
    see = stage.world.dataverse.world.security
    shown = see.sees_secured
    see.sees_secured = lambda *_: False  # type: ignore[method-assign]
    try:
        stage.look(contract)
        assert stage.text(contract, "description") == "Ours"
        assert push_beside(stage, contract)["reason_code"] == "secured"
        assert stage.text(contract, "description") == "Ours"
        stage.edit_contract(contract, description="Theirs", customer_name="Theirs too")
        stage.look(contract)
        assert stage.record("name") == "Theirs too", "the other field goes on"
        assert stage.record("description") == "Ours"
    finally:
        see.sees_secured = shown  # type: ignore[method-assign]


def test_a_field_that_was_really_emptied_still_goes_out(stage: Stage) -> None:
    contract = warm(stage)
    stage.edit_record(description=None)
    assert stage.push(contract)["outcome"] == "synced"
    assert stage.text(contract, "description") == ""


def test_an_option_that_was_removed_is_set_aside_alone(stage: Stage) -> None:
    contract = warm(stage, rows=STAGES)
    stage.edit_record(new_stage=100000000)
    stage.push(contract)
    assert stage.text(contract, "stage") == "Draft"
    options = stage.world.dataverse.world.tables[TABLE].attributes["new_stage"].options
    stage.edit_record(new_stage=100000001)
    change_column(stage, "new_stage", options={key: names for key, names in options.items() if key != 100000001})
    told = push_beside(stage, contract, "stage")
    assert told["result"] == "skipped" and told["reason"]
    assert stage.text(contract, "stage") == "Draft"
    stage.forget_requests()
    stage.edit_record(name="And later")
    stage.look(contract)
    asked = [one.path for one in stage.world.dataverse.log.entries()]
    assert not [path for path in asked if "Definitions" in path], "what stays strange is not looked up each time"
    change_column(stage, "new_stage", options=options)
    assert line(stage.push(contract), "stage")["result"] == "written", "but a person is never refused by what was"


SEA = {100000009: ("Sea, sun; sand", "Hav; sand")}


def change_labels(stage: Stage, name: str, labels: dict[int, tuple[str, str]]) -> None:
    options = stage.world.dataverse.world.tables[TABLE].attributes[name].options
    change_column(stage, name, options={**options, **labels})


def test_a_label_that_is_new_or_renamed_is_known_to_a_person_at_once(stage: Stage) -> None:
    row = {"dynamics_column": "new_stage", "oneflow_field": "stage", "direction": "two_way", "resolve_labels": True}
    stage.ok("PUT", f"entities/{TABLE}/mapping", {"fields": [row]}, {"If-Match": "*"})
    stage.edit_record(new_stage=100000000)
    contract = stage.contract(publish=False)
    stage.edit_contract(contract, "colleague", stage="Nowhere")
    assert line(stage.preview(contract, "fetch"), "stage")["reason_code"] == "label_unknown"
    change_labels(stage, "new_stage", {100000009: ("Brand new", "Helt ny")})
    stage.edit_contract(contract, "colleague", stage="brand new")
    assert line(plan := stage.preview(contract, "fetch"), "stage")["result"] == "written"
    assert line(stage.fetch(contract, plan_id=plan["plan_id"]), "stage")["result"] == "written"
    assert stage.record("new_stage") == 100000009
    change_labels(stage, "new_stage", {100000001: ("Renamed", "Omdöpt")})
    with stage.silently():  # or the webhook's own look may come first
        stage.edit_contract(contract, "colleague", stage="Renamed")
    stage.fetch(contract)  # a look of the timer may have come first
    assert stage.record("new_stage") == 100000001


def test_a_label_that_is_new_is_not_listed_as_unknown(stage: Stage) -> None:
    """What a machine left is looked at by new definitions for whoever opens the list, and arrives by itself then."""
    row = {"dynamics_column": "new_stage", "oneflow_field": "stage", "direction": "two_way", "resolve_labels": True}
    stage.ok("PUT", f"entities/{TABLE}/mapping", {"fields": [row]}, {"If-Match": "*"})
    stage.edit_record(new_stage=100000000)
    contract = stage.contract()
    stage.look(contract)
    change_labels(stage, "new_stage", {100000009: ("Brand new", "Helt ny")})
    stage.edit_contract(contract, stage="brand new")
    stage.look(contract)
    assert (stage.record("new_stage"), stage.card(contract)["refused"]) == (100000000, 1)
    listed = stage.ok("GET", f"contracts/{contract}/conflicts")["conflicts"]
    assert "label_unknown" not in {one["reason_code"] for one in listed}
    stage.look(contract)
    assert (stage.record("new_stage"), stage.card(contract)["refused"]) == (100000009, 0)


def test_a_label_that_is_renamed_goes_out_in_its_new_words_with_the_next_push(stage: Stage) -> None:
    """The option stays, so nothing says that the labels that are known are old but the name that Dynamics shows."""
    contract = warm(stage, rows=(*STAGES, ("new_interests", "payment_terms", "dynamics_to_oneflow")))
    stage.edit_record(new_stage=100000000, new_interests="1,3")
    stage.push(contract)
    interests = stage.text(contract, "payment_terms")
    assert stage.text(contract, "stage") == "Draft" and interests
    change_labels(stage, "new_stage", {100000000: ("Outline", "Skiss")})
    change_labels(stage, "new_interests", {3: ("Sea, sun; sand", "Hav; sand")})
    stage.look(contract)
    assert stage.text(contract, "stage") == "Draft", "nobody changed the record"
    told = stage.push(contract)
    assert line(told, "stage")["to"] == "Outline" == stage.text(contract, "stage")
    assert stage.text(contract, "payment_terms") == f"{interests.split('; ')[0]}; Sea, sun; sand"
    assert stage.text(stage.contract(), "stage") == "Outline"
    stage.forget_requests()
    stage.edit_record(new_stage=100000001)
    stage.push(contract)
    asked = [one.path for one in stage.world.dataverse.log.entries()]
    assert not [path for path in asked if "Definitions" in path], "labels that fit are not read again"


def test_an_option_that_got_its_label_a_moment_ago_goes_into_a_new_contract(stage: Stage) -> None:
    warm(stage, rows=STAGES)
    change_labels(stage, "new_stage", {100000009: ("", "")})
    stage.edit_record(new_stage=100000009)
    assert stage.text(stage.contract(), "stage") == "", "it has none yet"
    change_labels(stage, "new_stage", {100000009: ("Brand new", "Helt ny")})
    assert stage.text(stage.contract(), "stage") == "Brand new"


def test_a_multi_select_with_a_semicolon_in_a_label_travels_both_ways(stage: Stage) -> None:
    change_labels(stage, "new_interests", SEA)
    options = stage.world.dataverse.world.tables[TABLE].attributes["new_interests"].options
    first, label = next((number, labels[0]) for number, labels in options.items() if number not in SEA)
    row = {"dynamics_column": "new_interests", "oneflow_field": "stage", "direction": "two_way", "resolve_labels": True}
    stage.ok("PUT", f"entities/{TABLE}/mapping", {"fields": [row]}, {"If-Match": "*"})
    stage.edit_record(new_interests=str(first))
    contract = stage.contract(publish=False)
    assert stage.text(contract, "stage") == label
    stage.edit_contract(contract, "colleague", stage=f"sea, sun; Sand;{label}")
    assert line(stage.fetch(contract), "stage")["result"] == "written"
    assert stage.record("new_interests") == [first, 100000009]


def test_settings_show_columns_as_they_are_now(stage: Stage) -> None:
    warm(stage)
    change_column(stage, "description", secured=True)
    columns = stage.ok("GET", f"entities/{TABLE}/columns")["columns"]
    assert next(one for one in columns if one["name"] == "description")["secured"]


def swap(stage: Stage, contract_id: int, without: str = "", **changed: Any) -> None:
    """Somebody puts another template under a contract: its data fields are made anew."""
    state = stage.world.oneflow.world.state
    contract = state.contracts[contract_id]
    fields = tuple(
        replace(one, id=one.id + 500_000, value="" if changed else one.value)
        for one in contract.fields
        if one.custom_id != without
    )
    state.contracts[contract_id] = replace(contract, fields=fields, **changed)


def test_a_data_field_that_the_contract_no_longer_has_is_set_aside_alone(stage: Stage) -> None:
    contract = warm(stage)
    swap(stage, contract, without="description")
    stage.edit_record(description="Ours, later")
    assert push_beside(stage, contract)["reason_code"] == "not_in_contract"
    stage.edit_contract(contract, customer_name="Theirs")
    stage.look(contract)
    assert stage.record("name") == "Theirs", "the other field goes on"
    assert stage.record("description") == "Ours, later"


TERMS = (*(row for row in ROWS if row[0] != "description"), ("description", "payment_terms", "two_way"))


@pytest.fixture
def inactive(stage: Stage) -> Iterator[Callable[[], None]]:
    """Call it, and `payment_terms`, which no other story knows, is no longer active in the template's type."""
    people, number = stage.world.oneflow.people, stage.world.oneflow_seed.FRAME_AGREEMENT

    def act() -> None:
        people.set_template_field(number, "payment_terms", active=False)

    yield act
    people.set_template_field(number, "payment_terms", active=True)


def test_a_data_field_that_takes_no_value_any_more_is_set_aside_alone(
    stage: Stage, inactive: Callable[[], None]
) -> None:
    """A contract's own fields do not say whether they are active; Oneflow's refusal is how the app learns of it. It is
    said once and not tried again by itself, and whoever pushes later finds it taken again."""
    stage.map(TERMS, auto_push=True)
    stage.edit_record(description="Ours")
    contract = stage.contract()
    inactive()
    with stage.silently():
        stage.edit_record(description="Ours, later")
    told = push_beside(stage, contract, "payment_terms")
    assert told["result"] == "failed" and told["reason"]
    stage.forget_requests()
    stage.look(contract)
    stage.look(contract)
    assert stage.writes() == [], "it is not tried for ever"
    stage.edit_contract(contract, customer_name="Theirs")
    stage.look(contract)
    assert stage.record("name") == "Theirs", "the other field goes on"
    stage.world.oneflow.people.set_template_field(
        stage.world.oneflow_seed.FRAME_AGREEMENT, "payment_terms", active=True
    )
    assert line(stage.push(contract), "payment_terms")["result"] == "written"
    assert stage.text(contract, "payment_terms") == "Ours, later"


def test_a_data_field_that_is_not_active_is_left_out_of_a_new_contract_alone(
    stage: Stage, inactive: Callable[[], None]
) -> None:
    """The template's type says so, but what the app knows of it may be a minute old: then Oneflow refuses the creation,
    and the fields are looked at anew."""
    stage.map(TERMS)
    stage.edit_record(description="Ours")
    stage.contract()  # the type's fields are known now
    inactive()
    contract = stage.contract()
    assert line(stage.history(contract)[-1], "payment_terms")["reason_code"] == "not_in_template"
    assert stage.text(contract, "customer_name") == "Nordlys"
    assert push_beside(stage, contract, "payment_terms")["reason_code"] == "not_in_contract"
    offered = stage.ok("GET", f"oneflow/fields?template_type_id={stage.world.oneflow_seed.FRAME_AGREEMENT}")["fields"]
    assert "payment_terms" not in {one["custom_id"] for one in offered}


def test_the_fields_of_a_swapped_template_are_others_and_empty_nothing(stage: Stage) -> None:
    """The new template's fields are called the same but were never agreed on: their emptiness is nobody's edit."""
    contract = warm(stage)
    swap(stage, contract, template_type_id=stage.world.oneflow_seed.FRAME_AGREEMENT + 50)
    stage.edit_contract(contract, amount="1.00")  # not every field is empty
    stage.look(contract)
    assert (stage.record("name"), stage.record("description")) == ("Nordlys", "Ours")
    listed = stage.ok("GET", f"contracts/{contract}/conflicts")["conflicts"]
    assert {one["oneflow_field"]: one["kind"] for one in listed}["description"] == "not_agreed"
    stage.push(contract)
    assert stage.text(contract, "customer_name") == "Nordlys"
    stage.edit_contract(contract, customer_name="Theirs")
    stage.look(contract)
    assert stage.record("name") == "Theirs", "from then on its edits travel"


def test_a_right_taken_from_a_seller_is_said_and_leaves_the_sync_alone(stage: Stage) -> None:
    contract = warm(stage)
    people, seller = stage.world.dataverse.people, stage.world.dataverse_seed.SELLER
    people.take_right(seller, "WriteAccess")
    stage.edit_record(name="Later")
    assert stage.call("POST", f"contracts/{contract}/push", {}).status_code == 403
    assert stage.text(contract, "customer_name") == "Nordlys"
    stage.edit_contract(contract, description="Theirs")
    stage.look(contract)
    assert stage.record("description") == "Theirs"


def test_a_right_taken_from_the_application_breaks_the_link_until_it_is_given_back(stage: Stage) -> None:
    contract = warm(stage)
    people, application = stage.world.dataverse.people, stage.world.dataverse_seed.APPLICATION
    people.take_right(application, "ReadAccess")
    with stage.silently():
        stage.edit_contract(contract, description="Theirs")
        stage.look(contract)
    people.give_rights()
    card = stage.card(contract)
    assert card["link"] == "broken" and card["reason"]
    stage.look(contract)
    assert stage.card(contract)["link"] == "active"
    assert stage.record("description") == "Theirs"
