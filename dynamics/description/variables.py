"""What differs from environment to environment and may be changed even where customizations are blocked."""

from __future__ import annotations

from dataclasses import dataclass

from dynamics.description.ids import id_of
from dynamics.description.words import Text


@dataclass(frozen=True, slots=True)
class Variable:
    """A text. Its value is never shipped: an import would write over the customer's."""

    name: str
    label: Text
    about: Text

    @property
    def id(self) -> str:
        return id_of("environment variable", self.name)


APP_URL = Variable(
    "ofs_AppUrl",
    Text("Address of the Oneflow sync", "Adress till Oneflow-synken"),
    Text(
        "The function app's address, e.g. https://NAME.azurewebsites.net. `connect` sets it.",
        "Funktionsappens adress, t.ex. https://NAMN.azurewebsites.net. Sätts av `connect`.",
    ),
)
VARIABLES = (APP_URL,)
