"""A company that switches over: contracts that exist already, most of them made by Oneflow's own Dynamics app, whose
table in Dynamics says which record each belongs to. The table's names are the sandbox's own.

| of a hundred | |
|---|---|
| 60 | the app's table names the record |
| 30 | the data field `reference` holds the record's id |
| 4 | the contract is only called as its record is |
| 2 | the app's table names two records |
| 3 | nothing tells |
| 1 | of a template type that Oneflow's own app owns |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.dataverse import seed
from sandbox.dataverse.schema import Attribute, TableSchema
from sandbox.world import World
from sync_core.engine.switching.matching import Finding

TABLE, NUMBER, RECORD = "of_contract", "of_contractnumber", "of_opportunityid"
RULES: Mapping[str, Any] = {
    "rules": [
        {"kind": "contract_table", "table": TABLE, "contract_column": NUMBER, "record_column": RECORD},
        {"kind": "data_field", "entity": "opportunity", "field": "reference"},
        {"kind": "name", "entity": "opportunity"},
    ]
}


@dataclass
class Switched:
    """What was made. `record_of`: where one is meant, also where only a person can know it."""

    contracts: list[int] = field(default_factory=list)
    record_of: dict[int, str] = field(default_factory=dict)
    expected: dict[int, Finding] = field(default_factory=dict)

    def of(self, finding: Finding) -> list[int]:
        return [one for one in self.contracts if self.expected[one] is finding]


def contract_table() -> TableSchema:
    """The table of Oneflow's own app, as far as a rule reads it."""
    model = seed.TABLES["new_project"]
    kept = {name: one for name, one in model.attributes.items() if name not in ("new_projectid", "new_name")}
    own = (
        replace(model.attributes["new_projectid"], name="of_contractid", label="Oneflow contract"),
        replace(model.attributes["new_name"], name="of_name"),
        replace(model.attributes["new_name"], name=NUMBER, label="Contract number"),
        Attribute(RECORD, "Lookup", "Opportunity", targets=("opportunity",)),
    )
    columns = {one.name: one for one in own} | kept
    return replace(
        model,
        name=TABLE,
        label="Oneflow contract",
        set_name="of_contracts",
        id_column="of_contractid",
        name_column="of_name",
        attributes=columns,
        versioned=True,
    )


def know_table(world: World) -> None:
    """The environment has the table, where it has its rows already: a restart keeps rows alone."""
    if TABLE in world.dataverse.world.rows:
        world.dataverse.world.tables.setdefault(TABLE, contract_table())


def switch_over(world: World, contracts: int) -> Switched:
    """So many more contracts and their records, and the table that knows most of them."""
    world.dataverse.world.tables.setdefault(TABLE, contract_table())
    made = Switched()
    for number in range(contracts):
        _one(world, made, number)
    return made


def _one(world: World, made: Switched, number: int) -> None:
    place = number * 37 % 100  # every kind from the start on
    name = f"Deal {number:05d}"
    record = _record(world, number, name)
    finding, fields, template = Finding.SURE, _fields(number, name), world.oneflow_seed.FRAME_TEMPLATE
    title = f"Agreement {number:05d}"
    if 60 <= place < 90:
        fields["reference"] = record.upper() if number % 2 else f"{{{record}}}"
    elif 90 <= place < 94:
        finding, title = Finding.SUGGESTED, name
    elif 94 <= place < 96:
        finding = Finding.SEVERAL
    elif 96 <= place < 99:
        finding = Finding.NONE
    elif place == 99:
        finding, template, fields = Finding.OWNED, world.oneflow_seed.DYNAMICS_TEMPLATE, {}
    people = world.oneflow.people
    contract = people.create(template, world.oneflow_seed.SALES, title, fields)
    if number % 3:
        people.publish(contract.id)
    if place < 60 or 94 <= place < 96 or place == 99:
        _row(world, contract.id, record)
    if 94 <= place < 96:
        _row(world, contract.id, _record(world, number, f"{name}, again"))
    made.contracts.append(contract.id)
    made.record_of[contract.id] = record
    made.expected[contract.id] = finding


def _record(world: World, number: int, name: str) -> str:
    columns = {"name": name, "estimatedvalue": f"{1000 + number}.00", "description": f"Agreed in meeting {number}"}
    return world.new_opportunity(columns if number % 5 else {**columns, "description": None})


def _fields(number: int, name: str) -> dict[str, str]:
    """What the contract says: mostly what the record does."""
    return {
        "customer_name": name if number % 4 else f"{name} AS",
        "amount": f"{1000 + number}.00" if number % 7 else "",
        "description": f"Agreed in meeting {number}",
    }


def _row(world: World, contract_id: int, record_id: str) -> None:
    columns = {"of_name": f"Contract {contract_id}", NUMBER: str(contract_id), RECORD: ("opportunity", record_id)}
    world.dataverse.world.add(TABLE, columns, seed.ADMINISTRATOR)
