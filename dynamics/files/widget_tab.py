"""The widget's tab on a form that is not ours: put in, found again, taken out. Nothing else of the form is touched.

Ids are made from the form's own, so that a form which somebody saved as a copy of theirs, our tab in it, is known as
theirs: its id is another one.
https://learn.microsoft.com/power-apps/developer/model-driven-apps/form-xml-schema
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from dynamics.description.ids import id_of
from dynamics.description.words import Text
from dynamics.files.xml import braced, element, labels

PAGE, SCRIPT, FUNCTION = "ofs_/widget.html", "ofs_/form.js", "OneflowForm.onLoad"
TAB, LIBRARY, HANDLER = "tab", "library", "handler"
PARTS = frozenset({TAB, LIBRARY, HANDLER})
_TITLE = Text("Oneflow", "Oneflow")
_WEB_RESOURCE = "{9FDF5F91-88B1-47f4-AD53-C11EFC01A01D}"
_ROWS = 20  # of the widget's height


@dataclass(frozen=True, slots=True)
class Placed:
    """`own`: which parts of ours are on the form; `foreign`: somebody else has put the widget on it."""

    own: frozenset[str]
    foreign: bool


def look(formxml: str, form_id: str) -> Placed:
    form = _read(formxml)
    tab = _tab(form, form_id)
    ours = set(tab.iter("control")) if tab is not None else set()
    pages = [one for one in form.iter("control") if _is_widget(one)]
    own = set()
    if any(one in ours for one in pages):
        own.add(TAB)
    if any(_is(one, "libraryUniqueId", _id("library", form_id)) for one in form.findall("formLibraries/Library")):
        own.add(LIBRARY)
    if any(_is(one, "handlerUniqueId", _id("handler", form_id)) for one in _handlers(form)):
        own.add(HANDLER)
    return Placed(frozenset(own), any(one not in ours for one in pages))


def put_in(formxml: str, form_id: str) -> str:
    """With our tab, the last one, and the script that tells the widget of the record. Where somebody else has the
    script's library or handler there already, it is not put in twice."""
    form = _read(take_out(formxml, form_id))
    tabs = form.find("tabs")
    if tabs is None:
        tabs = ElementTree.SubElement(form, "tabs")
    tabs.append(_made(form_id))
    if not any(one.get("name") == SCRIPT for one in form.findall("formLibraries/Library")):
        _inside(form, "formLibraries").append(element("Library", name=SCRIPT, libraryUniqueId=_id("library", form_id)))
    if not any(one.get("functionName") == FUNCTION for one in _handlers(form)):
        event = _onload(form)
        if event is None:
            event = element("event", name="onload", application="false", active="false")
            _inside(form, "events").append(event)
        _inside(event, "Handlers").append(
            element(
                "Handler",
                functionName=FUNCTION,
                libraryName=SCRIPT,
                handlerUniqueId=_id("handler", form_id),
                enabled="true",
                parameters="",
                passExecutionContext="true",
            )
        )
    return _written(form)


def take_out(formxml: str, form_id: str) -> str:
    """Without what `put_in` put in. The library stays where another handler has come to need it."""
    form = _read(formxml)
    for tabs in form.iter("tabs"):
        for tab in [one for one in tabs if _is(one, "id", _id("tab", form_id))]:
            tabs.remove(tab)
    event = _onload(form)
    for holder in event.findall("Handlers") if event is not None else ():
        for handler in [one for one in holder if _is(one, "handlerUniqueId", _id("handler", form_id))]:
            holder.remove(handler)
            _drop_empty(form, "events/event/Handlers", "events/event", "events")
    needed = any(one.get("libraryName") == SCRIPT for one in form.iter("Handler"))
    for holder in form.findall("formLibraries"):
        for library in [one for one in holder if _is(one, "libraryUniqueId", _id("library", form_id))]:
            if not needed:
                holder.remove(library)
                _drop_empty(form, "formLibraries")
    return _written(form)


def _made(form_id: str) -> Element:
    cell = element(
        "cell",
        labels("labels", "label", _TITLE),
        element(
            "control",
            element(
                "parameters",
                element("Url", PAGE),
                element("PassParameters", "true"),
                element("Security", "false"),
                element("Scrolling", "auto"),
                element("Border", "false"),
            ),
            id="WebResource_oneflow",
            classid=_WEB_RESOURCE,
        ),
        id=_id("cell", form_id),
        rowspan=str(_ROWS),
        colspan="1",
        showlabel="false",
    )
    section = element(
        "section",
        labels("labels", "label", _TITLE),
        element("rows", element("row", cell), *(element("row") for _ in range(_ROWS - 1))),
        name="ofs_oneflow_contracts",
        id=_id("section", form_id),
        IsUserDefined="0",
        showlabel="false",
        showbar="false",
        columns="1",
    )
    return element(
        "tab",
        labels("labels", "label", _TITLE),
        element("columns", element("column", element("sections", section), width="100%")),
        name="ofs_oneflow",
        id=_id("tab", form_id),
        IsUserDefined="0",
        showlabel="true",
        expanded="true",
    )


def _id(what: str, form_id: str) -> str:
    return braced(id_of(f"widget {what}", form_id.strip("{}").lower()))


def _tab(form: Element, form_id: str) -> Element | None:
    return next((one for one in form.iter("tab") if _is(one, "id", _id("tab", form_id))), None)


def _is(one: Element, name: str, guid: str) -> bool:
    return (one.get(name) or "").strip("{}").lower() == guid.strip("{}")


def _is_widget(control: Element) -> bool:
    url = control.findtext("parameters/Url") or ""
    return url.strip().removeprefix("$webresource:").lower() == PAGE


def _onload(form: Element) -> Element | None:
    return next((one for one in form.findall("events/event") if (one.get("name") or "").lower() == "onload"), None)


def _handlers(form: Element) -> list[Element]:
    event = _onload(form)
    return event.findall("Handlers/Handler") if event is not None else []


def _inside(holder: Element, tag: str) -> Element:
    found = holder.find(tag)
    return ElementTree.SubElement(holder, tag) if found is None else found


def _drop_empty(form: Element, *paths: str) -> None:
    """Of each path those that hold nothing any more, the innermost first."""
    for path in paths:
        parent, _, tag = path.rpartition("/")
        for holder in form.findall(parent) if parent else [form]:
            for one in [each for each in holder.findall(tag) if len(each) == 0]:
                holder.remove(one)


def _read(formxml: str) -> Element:
    parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))  # comments are theirs, too
    return ElementTree.fromstring(formxml, parser)


def _written(form: Element) -> str:
    return ElementTree.tostring(form, encoding="unicode")
