"""Phone numbers as people write them, to the one form that vendors take (E.164).

How each country numbers its phones is data of Google's libphonenumber; nothing about a number is decided here. Its
tables are large: they are loaded when the first number is read.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from sync_core.errors import Unmappable

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_DIGIT = re.compile(r"\d")
_APART = re.compile(r"[/(]([^/()]*)\)?\s*\Z")  # what the last slash, or the parentheses at the end, set apart


def international(text: str, country: str | None = None) -> str:
    """`+46 (0)70-123 45 67` as `+46701234567`. A number without its country's code is one of `country` (ISO 3166-1).

    Unmappable for what is no number of any country, for two numbers in one text, and for one with an extension.
    """
    import phonenumbers

    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        raise _unreadable() from error
    if number.extension:
        raise Unmappable(
            "phone_extension", "A phone number with an extension cannot be called as one; write it without."
        )
    if not phonenumbers.is_valid_number(number) or _is_two(text, number):
        raise _unreadable()
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _is_two(text: str, number: PhoneNumber) -> bool:
    """A slash parts an area's code from the rest; anywhere else it parts two numbers, or the end of a second one. So do
    parentheses at the end."""
    import phonenumbers

    written = unicodedata.normalize("NFKC", text)
    last = _APART.search(written)
    if last is None:
        return False
    national = phonenumbers.national_significant_number(number)
    area = phonenumbers.length_of_national_destination_code(number)
    return "/" in written[: last.start()] or len(_DIGIT.findall(last[1])) != len(national) - area


def _unreadable() -> Unmappable:
    return Unmappable("not_a_phone_number", "Not a phone number with its country, such as +46 70 123 45 67.")
