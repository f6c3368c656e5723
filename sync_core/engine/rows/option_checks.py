"""Whether a row's options fit its column: each problem by the option it is in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sync_core.engine.model.records import Column
from sync_core.engine.model.row_options import Labels, RowOption, RowOptions
from sync_core.engine.model.words import ColumnType, OneflowKind, Reason
from sync_core.engine.rows.contract_facts import fact_options
from sync_core.engine.rows.eligibility import options_of
from sync_core.engine.values import REFERENCES
from sync_core.engine.values.canonical import folded
from sync_core.engine.values.locales import FORMAT_LOCALES
from sync_core.engine.values.yes_no import NO_WORDS, YES_WORDS
from sync_core.engine.values.zones import known_zones

Problems = list[tuple[RowOption, Reason]]
MOST_WORDS, LONGEST_WORD = 20, 100
MOST_TARGETS = 4  # tables that a name is looked up in


def option_problems(column: Column, options: RowOptions, kind: OneflowKind = OneflowKind.DATA_FIELD) -> Problems:
    """Every option that the row may not set on this column, and every one that is set wrongly."""
    allowed = fact_options(column) if kind is OneflowKind.CONTRACT else options_of(column)
    problems: Problems = []
    for option in options.given:
        if option not in allowed:
            text = f"A column of this type takes no {option}; leave it out."
            problems.append((option, Reason("option_not_for_type", text)))
        else:
            problems += [(option, reason) for reason in _CHECKS[option](options, column)]
    return problems


def _labels(options: RowOptions, _column: Column) -> list[Reason]:
    labels = options.labels or Labels((), ())
    words = (*labels.yes, *labels.no)
    if not labels.yes or not labels.no:
        return [Reason("labels_missing", "Give at least one word for yes and one for no.")]
    if max(len(labels.yes), len(labels.no)) > MOST_WORDS or any(
        not 0 < len(word.strip()) <= LONGEST_WORD for word in words
    ):
        text = f"Give at most {MOST_WORDS} words for each, of 1 to {LONGEST_WORD} characters."
        return [Reason("labels_too_long", text)]
    yes, no = {folded(word) for word in labels.yes}, {folded(word) for word in labels.no}
    if (yes | YES_WORDS) & (no | NO_WORDS):
        taken = "A word cannot mean both yes and no; Yes, True, 1 and No, False, 0 are taken."
        return [Reason("labels_ambiguous", taken)]
    return []


def _time_zone(options: RowOptions, _column: Column) -> list[Reason]:
    if options.time_zone in known_zones():
        return []
    return [Reason("time_zone_unknown", "Not the IANA name of a time zone, such as Europe/Stockholm.")]


def _format(options: RowOptions, column: Column) -> list[Reason]:
    shape = options.format
    if shape is None or shape.locale not in FORMAT_LOCALES:
        return [Reason("locale_unknown", "Not one of the locales that are offered, such as sv-SE.")]
    if shape.currency and column.type is not ColumnType.MONEY:
        return [Reason("currency_without_money", "Only a money column has a currency; leave it out.")]
    return []


def _resolve_labels(options: RowOptions, column: Column) -> list[Reason]:
    if options.key_column is not None and column.type not in REFERENCES:
        return [Reason("key_column_without_target", "Only a lookup has key columns; say true to resolve labels.")]
    if len(column.targets) > MOST_TARGETS:
        text = f"A name can be looked up in at most {MOST_TARGETS} tables; this column may point at more."
        return [Reason("targets_too_many", text)]
    return []


_CHECKS: Mapping[RowOption, Callable[[RowOptions, Column], list[Reason]]] = {
    RowOption.TIME_ZONE: _time_zone,
    RowOption.LABELS: _labels,
    RowOption.FORMAT: _format,
    RowOption.RESOLVE_LABELS: _resolve_labels,
}
