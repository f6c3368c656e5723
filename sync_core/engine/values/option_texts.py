"""What each option of a row does, for people: `docs/values.md` is made from it."""

from __future__ import annotations

from collections.abc import Mapping

from sync_core.engine.model.row_options import RowOption

OPTION_TEXTS: Mapping[RowOption, str] = {
    RowOption.CONFLICT_POLICY: (
        "Who wins where both sides changed: `oneflow_wins` (default), `dynamics_wins` or `ask`."
    ),
    RowOption.TIME_ZONE: (
        "An IANA zone, such as `Europe/Stockholm`: the contract shows and takes its local time. A time that the clocks "
        "show twice is written with its offset (`2026-10-25 02:30+02:00`) and refused without one; a time that they "
        "skip is refused. A date that Dynamics keeps as an instant is a day there and is read as that day's first "
        "moment; another hour of the same day is no change. A date-only column takes no zone: it never moves."
    ),
    RowOption.LABELS: (
        'Own words for yes and no, in any language: `{"yes": ["Ja", "Yes"], "no": ["Nej", "No"]}`. The first of each '
        "is written, all are understood in any case, and Yes, No, True, False, 1, 0 still are. No word may mean both."
    ),
    RowOption.FORMAT: (
        'As people of a locale write: `{"locale": "sv-SE", "length": "short|medium|long", "currency": true}`; the '
        "length is for dates, the currency for money. Read back are both decimal signs, every kind of space, minus and "
        "apostrophe, the locale's months in any case, and all its lengths. What could mean two numbers (`1.250`, "
        "`1,250`) is refused unless it is exactly what the row itself writes, or the column's range or decimals rule "
        "one out: a sign that is not the locale's decimal sign has no more decimals after it than the column takes. "
        "Beside an amount stands its record's own currency or none. Days and months in numbers stand in the locale's "
        "order; a year has four digits; `2026-03-12` is always read. A time without a zone says `UTC`."
    ),
    RowOption.RESOLVE_LABELS: (
        "Makes a choice two-way: its label in any installed language, whatever its case and spaces. A label that no "
        "option has, or several, writes nothing. Makes a lookup, a customer and an owner two-way: the name of an "
        "active record, whatever its case and spaces, as the application user finds it. It is looked up only when the "
        "name in the contract is another than before: one request for each table that the column may point at. A name "
        "that no active record has, or several, writes nothing; a record that is renamed is no change. In "
        "the place of `true` may stand the name of a key column of the table that is pointed at, such as "
        "`accountnumber`: then the contract shows it and takes it. It is one line of text or a whole number, not "
        "secured, in every table that the column may point at, and is read in the record's own request: of a customer "
        "through the account or the contact, of an owner through the owning user or the owning team. A record without "
        "a key is left out with a reason."
    ),
}
