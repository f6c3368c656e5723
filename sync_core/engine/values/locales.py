"""The locales that a row's `format` may name, and what every reading of typed text forgives first.

Numbers, months and orders come from Babel's copy of the Unicode CLDR. Offered are locales of the Gregorian calendar
whose digits are 0 to 9; tests hold each of them to the laws.
"""

from __future__ import annotations

from functools import lru_cache

from babel import Locale

# fmt: off
FORMAT_LOCALES: tuple[str, ...] = (
    "bg-BG", "ca-ES", "cs-CZ", "da-DK", "de-AT", "de-CH", "de-DE", "el-GR", "en-AU", "en-CA", "en-DK", "en-FI",
    "en-GB", "en-IE", "en-IN", "en-NZ", "en-SE", "en-SG", "en-US", "en-ZA", "es-AR", "es-CL", "es-CO", "es-ES",
    "es-MX", "es-PE", "et-EE", "eu-ES", "fi-FI", "fr-BE", "fr-CA", "fr-CH", "fr-FR", "ga-IE", "gl-ES", "hr-HR",
    "hu-HU", "id-ID", "is-IS", "it-CH", "it-IT", "ja-JP", "ko-KR", "lb-LU", "lt-LT", "lv-LV", "nb-NO", "nl-BE",
    "nl-NL", "nn-NO", "pl-PL", "pt-BR", "pt-PT", "ro-RO", "sk-SK", "sl-SI", "sq-AL", "sv-FI", "sv-SE", "tr-TR",
    "uk-UA", "vi-VN", "zh-CN",
)
# fmt: on

_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t"
_MINUSES = "\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d"
_APOSTROPHES = "\u2019\u02bc\u2032\uff07"
_MARKS = "\u200e\u200f\u061c\u2066\u2067\u2068\u2069\u200b\ufeff"  # direction and width, not seen
_TYPED = {
    **dict.fromkeys(map(ord, _SPACES), " "),
    **dict.fromkeys(map(ord, _MINUSES), "-"),
    **dict.fromkeys(map(ord, _APOSTROPHES), "'"),
    **dict.fromkeys(map(ord, _MARKS), None),
}


def typed(text: str) -> str:
    """The text with every kind of space, minus and apostrophe as the plain one, and none around it."""
    return text.translate(_TYPED).strip()


@lru_cache(maxsize=len(FORMAT_LOCALES))
def locale_of(name: str) -> Locale:
    return Locale.parse(name, sep="-")
