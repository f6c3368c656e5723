"""The table *Oneflow contract*: one row for each link, for views, charts, flows and rules. It shows what the app knows
and is never read back as truth."""

from __future__ import annotations

from dynamics.description.publisher import FIRST_OPTION
from dynamics.description.table import Column, ColumnKind, Key, Option, Relationship, Table
from dynamics.description.words import Text

_FILE = 131_072  # kilobytes of a signed PDF: 128 MB, what one request may carry


def _options(*given: tuple[str, str, str]) -> tuple[Option, ...]:
    """Values are counted from the publisher's first: new ones go to the end, none is ever taken away."""
    return tuple(Option(key, FIRST_OPTION + number, Text(en, sv)) for number, (key, en, sv) in enumerate(given))


STATE = _options(
    ("draft", "Draft", "Utkast"),
    ("pending", "Sent", "Skickat"),
    ("overdue", "Expired", "Utgånget"),
    ("signed", "Signed", "Signerat"),
    ("declined", "Declined", "Avböjt"),
    ("deleted", "Deleted", "Borttaget"),
)
LINK_STATUS = _options(
    ("active", "Active", "Aktiv"),
    ("broken", "Broken", "Bruten"),
    ("paused", "Paused", "Pausad"),
    ("ended", "Ended", "Avslutad"),
)
SYNC_STATE = _options(
    ("in_step", "In step", "I takt"),
    ("waiting_for_push", "Waiting for a push", "Väntar på att skickas"),
    ("not_agreed", "Not yet agreed", "Ännu inte överens"),
    ("conflict", "Conflict", "Konflikt"),
    ("refused", "Refused", "Nekad"),
    ("broken", "Broken", "Bruten"),
    ("paused", "Paused", "Pausad"),
)
REQUEST = _options(("push", "Push", "Skicka"), ("fetch", "Fetch", "Hämta"), ("create", "Create", "Skapa"))
OUTCOME = _options(
    ("done", "Done", "Klart"),
    ("nothing", "Nothing to do", "Inget att göra"),
    ("partly", "Partly done", "Delvis klart"),
    ("conflict", "Needs a decision", "Behöver ett beslut"),
    ("blocked", "Not possible now", "Inte möjligt just nu"),
    ("failed", "Not done", "Gjordes inte"),
    ("waiting", "Waiting for another try", "Väntar på ett nytt försök"),
)
SIDE = _options(("dynamics", "Dynamics", "Dynamics"), ("oneflow", "Oneflow", "Oneflow"))


def _text(name: str, longest: int, label: Text, about: Text, form: str = "text", required: bool = False) -> Column:
    return Column(name, ColumnKind.TEXT, label, about, longest, form, required=required)


def _when(name: str, label: Text, about: Text, form: str = "datetime") -> Column:
    return Column(name, ColumnKind.DATE_TIME, label, about, format=form)


def _choice(name: str, label: Text, about: Text, options: tuple[Option, ...]) -> Column:
    return Column(name, ColumnKind.CHOICE, label, about, options=options)


def _count(name: str, label: Text, about: Text) -> Column:
    return Column(name, ColumnKind.WHOLE, label, about)


_COLUMNS = (
    _text("ofs_Name", 300, Text("Name", "Namn"), Text("The contract's name.", "Avtalets namn."), required=True),
    _text(
        "ofs_ContractNumber", 20, Text("Contract number", "Avtalsnummer"),
        Text("The contract's id in Oneflow.", "Avtalets id i Oneflow."), required=True,
    ),
    _text(
        "ofs_Installation", 32, Text("Installation", "Installation"),
        Text("The installation of the sync that the link is of.", "Den installation av synken som länken hör till."),
        required=True,
    ),
    _choice("ofs_State", Text("State", "Tillstånd"), Text("In Oneflow.", "I Oneflow."), STATE),
    _choice(
        "ofs_SyncState", Text("Sync state", "Synkläge"),
        Text("Whether somebody has to do something.", "Om någon behöver göra något."), SYNC_STATE,
    ),
    _choice(
        "ofs_LinkStatus", Text("Link", "Länk"),
        Text("Whether contract and record are still linked.", "Om avtal och post fortfarande är länkade."), LINK_STATUS,
    ),
    _text(
        "ofs_LinkReason", 400, Text("Reason", "Orsak"),
        Text("Why the link is broken or paused.", "Varför länken är bruten eller pausad."),
    ),
    _when("ofs_SentOn", Text("Sent on", "Skickat"), Text("When it was sent.", "När det skickades.")),
    _when("ofs_SignedOn", Text("Signed on", "Signerat"), Text("When all had signed.", "När alla hade signerat.")),
    _when("ofs_DeclinedOn", Text("Declined on", "Avböjt"), Text("When it was declined.", "När det avböjdes.")),
    _when(
        "ofs_ExpiresOn", Text("Expires on", "Går ut"),
        Text("Until when it can be signed.", "Till när det kan signeras."),
    ),
    _when("ofs_PeriodStart", Text("Period starts", "Perioden börjar"), Text("Of the contract.", "Avtalets."), "date"),
    _when("ofs_PeriodEnd", Text("Period ends", "Perioden slutar"), Text("Of the contract.", "Avtalets."), "date"),
    _when("ofs_RenewsOn", Text("Renews on", "Förnyas"), Text("The next renewal.", "Nästa förnyelse."), "date"),
    # A decimal beside a code: Oneflow's currency need not be one of this organisation's.
    Column(
        "ofs_Value", ColumnKind.DECIMAL, Text("Value", "Värde"),
        Text("The contract's value, in its own currency.", "Avtalets värde, i dess egen valuta."), format="2",
    ),
    _text("ofs_Currency", 3, Text("Currency", "Valuta"), Text("The value's currency code.", "Värdets valutakod.")),
    Column(
        "ofs_Signers", ColumnKind.LONG_TEXT, Text("Signatories", "Signatärer"),
        Text("Who signs, and how far they are.", "Vilka som signerar, och hur långt de har kommit."), 4000, "textarea",
    ),
    _text(
        "ofs_Url", 500, Text("Open in Oneflow", "Öppna i Oneflow"),
        Text("The contract's page.", "Avtalets sida."), "url",
    ),
    _count("ofs_Waiting", Text("Waiting", "Väntar"), Text("Fields that wait for a push.", "Fält som väntar.")),
    _count("ofs_Conflicts", Text("Conflicts", "Konflikter"), Text("Fields in conflict.", "Fält i konflikt.")),
    _count(
        "ofs_NotAgreed", Text("Not agreed", "Inte överens"),
        Text("Fields that were never settled.", "Fält som aldrig har blivit överens."),
    ),
    _count("ofs_Refused", Text("Refused", "Nekade"), Text("Fields that a side refuses.", "Fält som en sida nekar.")),
    _when("ofs_LastChangeOn", Text("Last change", "Senaste ändring"), Text("Of a mapped field.", "Av ett fält.")),
    _choice(
        "ofs_LastChangeSide", Text("Changed in", "Ändrat i"),
        Text("Where the last change came from.", "Var den senaste ändringen kom ifrån."), SIDE,
    ),
    Column(
        "ofs_LastChangeFields", ColumnKind.LONG_TEXT, Text("Changed fields", "Ändrade fält"),
        Text("Which fields the last change was of.", "Vilka fält den senaste ändringen gällde."), 2000, "textarea",
    ),
    _text(
        "ofs_LastChangeBy", 200, Text("Changed by", "Ändrat av"),
        Text("Who made it, where that is known.", "Vem som gjorde den, där det är känt."),
    ),
    _when("ofs_LastSyncedOn", Text("Last synced", "Senast synkat"),
          Text("When a sync last wrote something, or a person last asked.",
               "När en synk senast skrev något, eller någon senast bad om det.")),
    # What a flow, a rule or a script asked for by a message of ours, which answers nothing.
    _choice(
        "ofs_OutcomeRequest", Text("Last request", "Senaste begäran"),
        Text("What a flow, rule or script asked for last.", "Vad ett flöde, en regel eller ett skript senast bad om."),
        REQUEST,
    ),
    _choice(
        "ofs_OutcomeResult", Text("Outcome", "Utfall"),
        Text("What became of the last request.", "Vad som blev av den senaste begäran."), OUTCOME,
    ),
    _text(
        "ofs_Outcome", 1000, Text("Outcome in words", "Utfall i ord"),
        Text("What was written, what was not, and why.", "Vad som skrevs, vad som inte skrevs, och varför."),
    ),
    _when(
        "ofs_OutcomeOn", Text("Asked at", "Begärt kl."),
        Text("When the last request was made.", "När den senaste begäran gjordes."),
    ),
    _text(
        "ofs_OutcomeBy", 200, Text("Asked by", "Begärt av"),
        Text("Who made it, where that is known.", "Vem som gjorde den, där det är känt."),
    ),
    Column(
        "ofs_OpportunityId", ColumnKind.LOOKUP, Text("Opportunity", "Affärsmöjlighet"),
        Text("The record that the contract is linked to.", "Posten som avtalet är länkat till."), target="Opportunity",
    ),
    Column(
        "ofs_QuoteId", ColumnKind.LOOKUP, Text("Quote", "Offert"),
        Text("The record that the contract is linked to.", "Posten som avtalet är länkat till."), target="Quote",
    ),
    Column(
        "ofs_Document", ColumnKind.FILE, Text("Signed document", "Signerat dokument"),
        Text("The signed PDF, where it is kept.", "Den signerade PDF-filen, där den sparas."), _FILE,
    ),
)  # fmt: skip

CONTRACT = Table(
    "ofs_Contract",
    "ofs_contracts",
    Text("Oneflow contract", "Oneflow-avtal"),
    Text("Oneflow contracts", "Oneflow-avtal"),
    Text(
        "A contract in Oneflow that is linked to a record. Written by the Oneflow field sync alone.",
        "Ett avtal i Oneflow som är länkat till en post. Skrivs bara av Oneflow fältsynk.",
    ),
    _COLUMNS,
    (Key("ofs_ContractKey", Text("Contract and installation", "Avtal och installation"),
         ("ofs_contractnumber", "ofs_installation")),),
    (
        Relationship("ofs_opportunity_contract", "ofs_OpportunityId", "Opportunity"),
        Relationship("ofs_quote_contract", "ofs_QuoteId", "Quote"),
    ),
)  # fmt: skip
# Every option by the word that the app uses for it.
OPTIONS = {
    column.logical: {option.key: option.value for option in column.options} for column in _COLUMNS if column.options
}
