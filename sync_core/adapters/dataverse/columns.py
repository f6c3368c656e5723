"""From Dataverse's attribute metadata to a column (fact sheet 2.2 to 2.4).

https://learn.microsoft.com/power-apps/developer/data-platform/entity-attribute-metadata
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sync_core.engine.model.records import Column
from sync_core.engine.model.words import ColumnType

COMMON = (
    "LogicalName,AttributeType,AttributeTypeName,AttributeOf,DisplayName,RequiredLevel,IsValidForRead,"
    "IsValidForUpdate,IsSecured,IsPrimaryId,IsLogical,SourceType,ModifiedOn"
)
_OPTIONS = "OptionSet($select=Options),GlobalOptionSet($select=Options)"
# cast, its own properties, what to expand
CASTS: tuple[tuple[str, str, str], ...] = (
    ("StringAttributeMetadata", "MaxLength", ""),
    ("MemoAttributeMetadata", "MaxLength", ""),
    ("IntegerAttributeMetadata", "MinValue,MaxValue", ""),
    ("DecimalAttributeMetadata", "MinValue,MaxValue,Precision", ""),
    ("DoubleAttributeMetadata", "MinValue,MaxValue,Precision", ""),
    ("MoneyAttributeMetadata", "MinValue,MaxValue,Precision,PrecisionSource", ""),
    ("DateTimeAttributeMetadata", "Format,DateTimeBehavior", ""),
    ("PicklistAttributeMetadata", "", _OPTIONS),
    ("MultiSelectPicklistAttributeMetadata", "", _OPTIONS),
    ("StateAttributeMetadata", "", "OptionSet($select=Options)"),
    ("StatusAttributeMetadata", "", "OptionSet($select=Options)"),
    ("LookupAttributeMetadata", "Targets", ""),
)
# AttributeTypeName, since AttributeType calls several of them Virtual.
_TYPES: Mapping[str, ColumnType] = {
    "StringType": ColumnType.TEXT,
    "MemoType": ColumnType.MEMO,
    "IntegerType": ColumnType.WHOLE_NUMBER,
    "BigIntType": ColumnType.BIG_INTEGER,
    "DecimalType": ColumnType.DECIMAL,
    "DoubleType": ColumnType.DOUBLE,
    "MoneyType": ColumnType.MONEY,
    "BooleanType": ColumnType.YES_NO,
    "PicklistType": ColumnType.CHOICE,
    "MultiSelectPicklistType": ColumnType.MULTI_SELECT,
    "StateType": ColumnType.STATE,
    "StatusType": ColumnType.STATUS,
    "LookupType": ColumnType.LOOKUP,
    "CustomerType": ColumnType.CUSTOMER,
    "OwnerType": ColumnType.OWNER,
    "UniqueidentifierType": ColumnType.UNIQUE_IDENTIFIER,
    "FileType": ColumnType.FILE,
    "ImageType": ColumnType.IMAGE,
}
_COMPUTED = {1: "calculated", 2: "rollup", 3: "formula", 4: "prompt"}
_CURRENCY_DECIDES = 2  # PrecisionSource


def column_of(row: Mapping[str, Any], language: int, pricing_precision: int | None) -> tuple[Column, bool]:
    """The column, and whether its JSON is an instant although it holds a date only.

    Money whose currency decides has no precision of its own: the record's currency gives it.
    """
    name = str(row["LogicalName"])
    kind, wire_date = _type(row)
    source = row.get("SourceType")
    return (
        Column(
            name=name,
            label=label_of(row.get("DisplayName"), language) or name,
            type=kind,
            readable=row.get("IsValidForRead") is not False,
            updatable=row.get("IsValidForUpdate") is not False
            and not row.get("IsPrimaryId")
            and not row.get("IsLogical"),
            required=_of(row.get("RequiredLevel"), "Value") == "SystemRequired",
            secured=row.get("IsSecured") is True,
            computed=_COMPUTED.get(source) if isinstance(source, int) else None,
            max_length=row.get("MaxLength"),
            minimum=_decimal(row.get("MinValue")),
            maximum=_decimal(row.get("MaxValue")),
            precision=_precision(row, kind, pricing_precision),
            options={number: label_of(label, language) for number, label in _options(row).items()},
            labels={number: all_labels(label) for number, label in _options(row).items()},
            targets=tuple(row.get("Targets") or ()),
            changed=row.get("ModifiedOn"),
        ),
        wire_date,
    )


def label_of(label: Any, language: int) -> str:
    """The label in this language, else in the caller's, else in any."""
    labels = (_of(label, "LocalizedLabels") or []) if label else []
    by_language = {one.get("LanguageCode"): one.get("Label") for one in labels}
    text = by_language.get(language) or _of(_of(label, "UserLocalizedLabel"), "Label")
    return str(text or next((one for one in by_language.values() if one), ""))


def all_labels(label: Any) -> tuple[str, ...]:
    """The label in every installed language."""
    labels = (_of(label, "LocalizedLabels") or []) if label else []
    return tuple(dict.fromkeys(str(one["Label"]) for one in labels if one.get("Label")))


def _type(row: Mapping[str, Any]) -> tuple[ColumnType, bool]:
    name = _of(row.get("AttributeTypeName"), "Value")
    if name == "DateTimeType":
        behavior = _of(row.get("DateTimeBehavior"), "Value")
        if behavior == "DateOnly":
            return ColumnType.DATE_ONLY, False
        date_only = row.get("Format") == "DateOnly"
        if behavior == "TimeZoneIndependent":
            # A wall clock: its Z means nothing, and of a date its time of day neither.
            return (ColumnType.DATE_ONLY, True) if date_only else (ColumnType.WALL_TIME, False)
        # A user-local date shifts by zone: an instant.
        return (ColumnType.USER_LOCAL_DATE if date_only else ColumnType.DATE_TIME), False
    return _TYPES.get(str(name), ColumnType.OTHER), False


def _precision(row: Mapping[str, Any], kind: ColumnType, pricing: int | None) -> int | None:
    if kind is ColumnType.MONEY and row.get("PrecisionSource") == _CURRENCY_DECIDES:
        return None
    if kind is ColumnType.MONEY and row.get("PrecisionSource") == 1 and pricing is not None:
        return pricing
    precision = row.get("Precision")
    return int(precision) if precision is not None else None


def _options(row: Mapping[str, Any]) -> dict[int, Any]:
    for name in ("OptionSet", "GlobalOptionSet"):
        options = _of(row.get(name), "Options")
        if options:
            return {int(one["Value"]): one.get("Label") for one in options}
    return {}


def _of(content: Any, name: str) -> Any:
    return content.get(name) if isinstance(content, Mapping) else None


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
