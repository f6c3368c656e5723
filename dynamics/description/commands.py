"""The buttons on a record's command bar.

Modern commands, one row of the table `appaction` each: they appear on every form of the table in every app, without
touching a form or the customer's ribbon, and `connect` can make more of them for further tables, which a classic ribbon
would take a solution of its own for.
"""

from __future__ import annotations

from dataclasses import dataclass

from dynamics.description.ids import id_of
from dynamics.description.steps import ENTITIES
from dynamics.description.words import Text

SCRIPT = "ofs_/commands.js"
ON_FORM, OF_TABLE, BUTTON, JAVASCRIPT = 0, 1, 0, 2
PRIMARY_CONTROL = '[{"type":5}]'


@dataclass(frozen=True, slots=True)
class Command:
    """`function` of SCRIPT is called with the form."""

    entity: str
    action: str
    function: str
    label: Text
    tip: Text
    sequence: int

    @property
    def name(self) -> str:
        return f"ofs_{self.entity}_{self.action}"

    @property
    def id(self) -> str:
        return id_of("command", self.name)


def commands_of(entity: str) -> tuple[Command, ...]:
    """Those that a table has which is set up."""
    return (
        Command(
            entity,
            "contracts",
            "OneflowCommands.open",
            Text("Oneflow contracts", "Oneflow-avtal"),
            Text("Contracts of this record in Oneflow", "Den här postens avtal i Oneflow"),
            500,
        ),
        Command(
            entity,
            "push",
            "OneflowCommands.push",
            Text("Push updates to Oneflow", "Skicka uppdateringar till Oneflow"),
            Text("Shows first what will change", "Visar först vad som ändras"),
            510,
        ),
    )


COMMANDS = tuple(command for entity in ENTITIES for command in commands_of(entity))
