"""Elements, put together as they are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from dynamics.description.words import Text

XSI = "http://www.w3.org/2001/XMLSchema-instance"
VERSION = "1.0.0.0"  # IntroducedVersion: the first version of the solution that had a part


def element(tag: str, *inside: Element | str, **attributes: str) -> Element:
    """Text and children; a name that Python keeps for itself ends in an underscore."""
    made = Element(tag, {name.rstrip("_"): value for name, value in attributes.items()})
    for one in inside:
        if isinstance(one, str):
            made.text = one
        else:
            made.append(one)
    return made


def empty(tag: str) -> Element:
    """An element that is said to have no value."""
    return Element(tag, {"xsi:nil": "true"})


def several(values: Mapping[str, str]) -> Iterable[Element]:
    """One element for each name, with its text."""
    return [element(name, value) for name, value in values.items()]


def labels(tag: str, each: str, text: Text) -> Element:
    """`text` in every language, as `<tag><each description="" languagecode=""/></tag>`."""
    return element(tag, *(element(each, description=words, languagecode=str(number)) for words, number in text))


def defaulted(tag: str, text: Text) -> Element:
    """As newer components have it: a default, and a label for each language."""
    return element(
        tag, *(element("label", description=words, languagecode=str(number)) for words, number in text), default=text.en
    )


def braced(guid: str) -> str:
    return f"{{{guid}}}"


def written(root: Element, declared: bool = False) -> bytes:
    """Readable, and the same for the same elements."""
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    start = '<?xml version="1.0" encoding="utf-8"?>\n' if declared else ""
    return f"{start}{text}\n".encode()
