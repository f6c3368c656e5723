"""What a form's XML may be, and which web resources it needs (fact sheet on solutions, 1.6, 1.9)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from xml.etree import ElementTree

_BRACED = re.compile(r"\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}", re.IGNORECASE)
_WITH_IDS = ("tab", "section", "cell")
_MOST_HANDLERS = 50
_WEB_RESOURCE = "{9FDF5F91-88B1-47F4-AD53-C11EFC01A01D}"


def form_problem(text: str, pages: Collection[str]) -> str:
    """Empty where it may be saved. `pages`: the names of the web resources that are there."""
    try:
        form = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        return f"it cannot be read ({error})"
    if form.tag != "form" or form.find("tabs/tab") is None:
        return "it is no form with tabs"
    if any("solutionaction" in one.attrib for one in form.iter()):
        return "only a solution's file says what it changes of a form"
    ids = [str(one.get("id")).lower() for tag in _WITH_IDS for one in form.iter(tag) if one.get("id")]
    if wrong := next((one for one in ids if not _BRACED.fullmatch(one)), ""):
        return f"{wrong} is no GUID in braces"
    ids += [str(one.get("id")) for one in form.iter("control")]
    if twice := next((one for one, times in Counter(ids).items() if times > 1), ""):
        return f"the id {twice} is there twice"
    libraries = {one.get("name") for one in form.iterfind("formLibraries/Library")}
    for handler in form.iter("Handler"):
        if handler.get("libraryName") not in libraries:
            return f"the library {handler.get('libraryName')} of a handler is none of the form's"
        if not _BRACED.fullmatch(handler.get("handlerUniqueId") or ""):
            return "a handler has no unique id"
    if any(len(one.findall("Handlers/Handler")) > _MOST_HANDLERS for one in form.iter("event")):
        return f"an event takes at most {_MOST_HANDLERS} handlers"
    if missing := sorted(set(web_resources_of(text)) - set(pages)):
        return f"there is no web resource {missing[0]}"
    return ""


def web_resources_of(text: str) -> list[str]:
    form = ElementTree.fromstring(text)
    shown = [
        one.findtext("parameters/Url") or ""
        for one in form.iter("control")
        if (one.get("classid") or "").upper() == _WEB_RESOURCE
    ]
    return [*shown, *(str(one.get("name")) for one in form.iterfind("formLibraries/Library"))]
