"""One place for each Dataverse column type: what goes out, what is understood back, which options a row may set.

`docs/values.md` is made from this table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.row_options import RowOption
from sync_core.engine.model.words import Canonical, ColumnType
from sync_core.engine.values.dates import date_text, read_date
from sync_core.engine.values.numbers import number_text, read_number
from sync_core.engine.values.options import option_text, read_option, read_options
from sync_core.engine.values.references import read_reference, reference_text
from sync_core.engine.values.texts import as_is, read_text
from sync_core.engine.values.times import (
    instant_out,
    read_instant,
    read_user_date,
    read_wall_time,
    user_date_out,
    wall_time_out,
)
from sync_core.engine.values.yes_no import read_yes_no, yes_no_text

Writer = Callable[[str, Cell, Column], str]
Reader = Callable[[str, Column], Canonical]


@dataclass(frozen=True, slots=True)
class ValueType:
    """A column type. Without `read` nothing comes back; `one_way` says why, `never` why it is not mapped at all.

    `lifted_by`: the option that allows two-way all the same. The texts are for people.
    """

    name: str
    out: str = ""
    back: str = ""
    refused: str = ""
    write: Writer = as_is
    read: Reader | None = None
    options: tuple[RowOption, ...] = ()
    one_way: str | None = None
    lifted_by: RowOption | None = None
    never: str | None = None


_ONE_WAY = "Nothing: one way only."
_TEXT_REFUSED = "More characters than the column takes, or more than 1,024 in Dynamics."
_NUMBER_OUT = "Plain digits with a point and the column's decimals: `1250000.00`."
_NUMBER_BACK = "Plain digits with a point; spaces around it."
_NUMBER_REFUSED = (
    "Everything else; `1.250` where the column shows fewer than three decimals; more decimals than the column takes "
    "(never rounded); less or more than its least and most."
)


def _number(name: str, out: str = _NUMBER_OUT) -> ValueType:
    return ValueType(name, out, _NUMBER_BACK, _NUMBER_REFUSED, number_text, read_number, (RowOption.FORMAT,))


def _reference(name: str, one_way: str) -> ValueType:
    return ValueType(
        name,
        "The name of the record that it points at, or its key column that `resolve_labels` names.",
        "Nothing; with `resolve_labels` the name, or the key column, of an active record, in any case.",
        "A record without a name or key; names and keys that no active record has, or several.",
        reference_text,
        read_reference,
        (RowOption.RESOLVE_LABELS,),
        one_way,
        RowOption.RESOLVE_LABELS,
    )


def _choice(name: str, out: str, one_way: str) -> ValueType:
    return ValueType(name, out, _ONE_WAY, "An option without a label.", option_text, one_way=one_way)


def _never(name: str, why: str) -> ValueType:
    return ValueType(name, "Nothing.", "Nothing.", "Every mapping.", never=why)


_STORED = "{} is stored as a reference, not as the name that the contract shows."
_LABEL = "The option's label in the language of the labels (`SYNC_LABEL_LANGUAGE`)."
_NO_DAY = "Days that do not exist, days before 1753, and everything else."
TYPES: Mapping[ColumnType, ValueType] = {
    ColumnType.TEXT: ValueType(
        "Text (all formats)", "The text as it is.", "The text as it is.", _TEXT_REFUSED, as_is, read_text
    ),
    ColumnType.MEMO: ValueType(
        "Memo", "The text; line ends as LF.", "The text; CRLF and LF are the same.", _TEXT_REFUSED, as_is, read_text
    ),
    ColumnType.WHOLE_NUMBER: _number("Whole number", "Plain digits: `1250000`."),
    ColumnType.BIG_INTEGER: _number("Big integer", "Plain digits: `1250000`."),
    ColumnType.DECIMAL: _number("Decimal"),
    ColumnType.DOUBLE: _number("Double"),
    ColumnType.MONEY: _number("Money", _NUMBER_OUT[:-1] + "; the record's currency may decide how many."),
    ColumnType.YES_NO: ValueType(
        "Yes/No",
        "`Yes` or `No`.",
        "Yes, No, True, False, 1, 0 in any case.",
        "Every other word, and empty; the column is left alone and it is reported.",
        yes_no_text,
        read_yes_no,
        (RowOption.LABELS,),
    ),
    ColumnType.CHOICE: ValueType(
        "Choice",
        _LABEL,
        "Nothing; with `resolve_labels` a label in any installed language, in any case.",
        "An option without a label; labels that no option has, or several.",
        option_text,
        read_option,
        (RowOption.RESOLVE_LABELS,),
        "A choice is stored as a number, not as the label that the contract shows.",
        RowOption.RESOLVE_LABELS,
    ),
    ColumnType.MULTI_SELECT: ValueType(
        "Multi-select choice",
        "The options' labels, by number, joined by `; `.",
        "Nothing; with `resolve_labels` labels as of a choice, in any order, with a semicolon between them, "
        "also labels that hold one.",
        "As of a choice; what can be read as several choices, where a label holds a semicolon.",
        option_text,
        read_options,
        (RowOption.RESOLVE_LABELS,),
        "A multi-select choice is stored as numbers, not as the labels that the contract shows.",
        RowOption.RESOLVE_LABELS,
    ),
    ColumnType.STATE: _choice("State", _LABEL, "Only Dynamics' own actions change the state, not a contract."),
    ColumnType.STATUS: _choice("Status", _LABEL, "Only Dynamics' own actions change the status, not a contract."),
    ColumnType.DATE_ONLY: ValueType(
        "Date only",
        "`2026-03-12`; no zone ever moves it.",
        "`2026-03-12`.",
        _NO_DAY,
        date_text,
        read_date,
        (RowOption.FORMAT,),
    ),
    ColumnType.DATE_TIME: ValueType(
        "Date and time (user local)",
        "The instant in UTC: `2026-03-12T13:45:00Z`.",
        "The same, with `T` or a space, with or without seconds; with an offset that instant, without one UTC.",
        "Dates without a time, times that do not exist, and everything else.",
        instant_out,
        read_instant,
        (RowOption.TIME_ZONE, RowOption.FORMAT),
    ),
    ColumnType.WALL_TIME: ValueType(
        "Date and time (time-zone independent)",
        "The clock's hands: `2026-03-12T13:45:00Z`; the `Z` means nothing, and no zone moves it.",
        "The same, with `T` or a space, with or without seconds and `Z`.",
        "Any other offset, dates without a time, and everything else.",
        wall_time_out,
        read_wall_time,
        (RowOption.FORMAT,),
    ),
    ColumnType.USER_LOCAL_DATE: ValueType(
        "Date only, stored as an instant (user local)",
        "The instant in UTC: `2026-03-11T23:00:00Z`; only a `time_zone` makes a day of it.",
        "As date and time; with a `time_zone` a day, as its first moment there.",
        "As date and time.",
        user_date_out,
        read_user_date,
        (RowOption.TIME_ZONE, RowOption.FORMAT),
    ),
    ColumnType.LOOKUP: _reference("Lookup", _STORED.format("A lookup")),
    ColumnType.CUSTOMER: _reference("Customer", _STORED.format("A customer")),
    ColumnType.OWNER: _reference("Owner", _STORED.format("An owner")),
    ColumnType.UNIQUE_IDENTIFIER: ValueType(
        "Unique identifier",
        "The identifier in small letters.",
        _ONE_WAY,
        "Nothing else.",
        one_way="Dynamics assigns a unique identifier, and it never changes.",
    ),
    ColumnType.FILE: _never("File", "A file is not text and cannot be shown in a data field."),
    ColumnType.IMAGE: _never("Image", "An image is not text and cannot be shown in a data field."),
    ColumnType.OTHER: _never("Any other", "Columns of this type are internal to Dynamics and cannot be mapped."),
}
