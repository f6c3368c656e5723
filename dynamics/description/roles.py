"""Who may do what, by least privilege. What changes Dynamics itself (steps, pages, roles) is in none of them: that
stays with the administrator who installs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dynamics.description.contract import CONTRACT
from dynamics.description.ids import id_of
from dynamics.description.steps import ENTITIES
from dynamics.description.words import Text
from sync_core.engine.rows.privileges import ALWAYS

BASIC, GLOBAL = "Basic", "Global"


@dataclass(frozen=True, slots=True)
class Role:
    """`privileges`: name -> how far it reaches."""

    name: str
    about: Text
    privileges: tuple[tuple[str, str], ...]

    @property
    def id(self) -> str:
        return id_of("role", self.name)


def _each(table: str, depth: str, *verbs: str) -> Iterator[tuple[str, str]]:
    for verb in verbs:
        yield f"prv{verb}{table}", depth


# Pages read where the app is, and who is looking.
_VARIABLES = (
    *_each("EnvironmentVariableDefinition", GLOBAL, "Read"),
    *_each("EnvironmentVariableValue", GLOBAL, "Read"),
    *_each("WebResource", GLOBAL, "Read"),
    *_each("User", BASIC, "Read"),
)
SELLER = Role(
    "Oneflow seller",
    Text(
        "Sees the contracts of own records and uses the Oneflow commands. Beside a sales role, which lets one read and "
        "write the records themselves.",
        "Ser avtalen för egna poster och använder Oneflow-kommandona. Utöver en säljroll, som ger rätt att läsa och "
        "skriva själva posterna.",
    ),
    (*_each(CONTRACT.name, BASIC, "Read"), *_VARIABLES),
)
ADMINISTRATOR = Role(
    "Oneflow administrator",
    Text(
        "Opens the app Oneflow Administration and sees all contracts. The API's own role Sync.Admin is given in Entra "
        "ID.",
        "Öppnar appen Oneflow Administration och ser alla avtal. API:ets egen roll Sync.Admin ges i Entra ID.",
    ),
    (*_each(CONTRACT.name, GLOBAL, "Read"), *_VARIABLES),
)
# What a mapping of the usual tables needs. `connect` brings it to exactly what is mapped, where it may.
APPLICATION = Role(
    "Oneflow sync application",
    Text(
        "For the application user of the Oneflow field sync alone.",
        "Enbart för applikationsanvändaren i Oneflow fältsynk.",
    ),
    (
        *((name, GLOBAL) for name in ALWAYS),
        *(
            privilege
            for entity in ENTITIES
            for privilege in _each(entity.capitalize(), GLOBAL, "Read", "Write", "Append", "AppendTo")
        ),
        *_each("Account", GLOBAL, "AppendTo"),
        *_each("Contact", GLOBAL, "AppendTo"),
        *_each("TransactionCurrency", GLOBAL, "Read"),
        *_each(CONTRACT.name, GLOBAL, "Create", "Read", "Write", "Delete", "Append", "AppendTo", "Assign"),
    ),
)
ROLES = (SELLER, ADMINISTRATOR, APPLICATION)
