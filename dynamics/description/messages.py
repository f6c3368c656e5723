"""The Custom APIs: a flow, rule or script asks, and the app does it later. They answer nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from dynamics.description.contract import CONTRACT
from dynamics.description.ids import id_of
from dynamics.description.words import Text

# Who may not read contracts has no business asking for their sync; without it anyone signed in may call.
NEEDED = f"prvRead{CONTRACT.name}"


class ParameterKind(IntEnum):
    BOOLEAN = 0
    REFERENCE = 5
    STRING = 10


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kind: ParameterKind
    label: Text
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    name: str
    label: Text
    about: Text
    parameters: tuple[Parameter, ...]

    @property
    def id(self) -> str:
        return id_of("custom api", self.name)


_TARGET = Parameter("Target", ParameterKind.REFERENCE, Text("Record", "Post"))
MESSAGES = (
    Message(
        "ofs_PushUpdates",
        Text("Push updates to Oneflow", "Skicka uppdateringar till Oneflow"),
        Text(
            "Push a record's mapped columns to one contract, or to all of them. Returns nothing: the outcome is on the "
            "contract's row.",
            "Skicka en posts kopplade kolumner till ett avtal, eller till alla. Svarar inget: utfallet står på "
            "avtalets rad.",
        ),
        (
            _TARGET,
            Parameter("ContractId", ParameterKind.STRING, Text("Contract number", "Avtalsnummer"), True),
            Parameter(
                "ConfirmSignatureReset",
                ParameterKind.BOOLEAN,
                Text("Signatures may be reset", "Signaturer får återställas"),
                True,
            ),
        ),
    ),
    Message(
        "ofs_FetchUpdates",
        Text("Fetch updates from Oneflow", "Hämta uppdateringar från Oneflow"),
        Text(
            "Fetch a contract's mapped data fields into its record. Returns nothing: the outcome is on the contract's "
            "row.",
            "Hämta ett avtals kopplade datafält till dess post. Svarar inget: utfallet står på avtalets rad.",
        ),
        (_TARGET, Parameter("ContractId", ParameterKind.STRING, Text("Contract number", "Avtalsnummer"))),
    ),
    Message(
        "ofs_CreateContract",
        Text("Create a contract in Oneflow", "Skapa ett avtal i Oneflow"),
        Text(
            "Create a contract from a record. Returns nothing: the contract appears as a row, and whoever asked is "
            "notified of a refusal.",
            "Skapa ett avtal från en post. Svarar inget: avtalet visas som en rad, och den som bad om det aviseras om "
            "det nekas.",
        ),
        (
            _TARGET,
            Parameter("TemplateId", ParameterKind.STRING, Text("Template", "Mall")),
            Parameter("WorkspaceId", ParameterKind.STRING, Text("Workspace", "Arbetsyta")),
            Parameter("Name", ParameterKind.STRING, Text("Name", "Namn")),
            Parameter("Parties", ParameterKind.STRING, Text("Parties, as JSON", "Parter, som JSON"), True),
        ),
    ),
)
