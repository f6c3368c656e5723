"""The widget's tab on somebody's form: what is put in comes out again, and nothing else moves."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dynamics.files.widget_tab import PARTS, look, put_in, take_out
from sandbox.dataverse.customizing.form_xml import form_problem

TOOL = Path(__file__).parents[3] / "shared" / "tools" / "dataverse-schemas" / "xsd_check.py"
FORM, COPY = "6d1f7a10-0000-4000-8000-000000000001", "6d1f7a10-0000-4000-8000-000000000002"
PAGES = {"ofs_/widget.html", "ofs_/form.js", "new_/theirs.js"}
CELL = (
    '<cell id="{c0000000-0000-4000-8000-000000000001}"><labels><label description="N" languagecode="1033" /></labels>'
    '<control id="name" classid="{4273EDBD-AC1D-40d3-9FB2-095C621B552D}" datafieldname="name" /></cell>'
)
TABS = (
    '<tabs><tab name="SUMMARY" id="{a0000000-0000-4000-8000-000000000001}" IsUserDefined="0"><labels><label '
    'description="Översikt &amp; mer" languagecode="1053" /></labels><columns><column width="100%"><sections><section '
    'name="S" id="{b0000000-0000-4000-8000-000000000001}" IsUserDefined="0"><labels><label description="S" '
    f'languagecode="1033" /></labels><rows><row>{CELL}</row></rows></section></sections></column></columns></tab>'
    "</tabs>"
)
HANDLER = (
    '<Handler functionName="{function}" libraryName="{library}" enabled="true" parameters="" passExecution'
    'Context="true" handlerUniqueId="{{d0000000-0000-4000-8000-00000000000{n}}}" />'
)
THEIRS = HANDLER.format(function="Theirs.onLoad", library="new_/theirs.js", n=1)
LIBRARY = '<Library name="new_/theirs.js" libraryUniqueId="{e0000000-0000-4000-8000-000000000001}" />'
ONLOAD, ONSAVE = (
    f'<events><event name="{name}" application="false" active="false"><Handlers>{THEIRS}</Handlers></event></events>'
    for name in ("onload", "onsave")
)
LIBRARIES = f"<formLibraries>{LIBRARY}</formLibraries>"
FORMS = {
    "bare": f"<form>{TABS}</form>",
    "with a script": f"<form>{TABS}<!-- kept -->{ONLOAD}{LIBRARIES}</form>",
    "with another event": f"<form>{TABS}{ONSAVE}{LIBRARIES}<Navigation /></form>",
}
every = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


@every
def test_what_is_put_in_comes_out_and_leaves_the_form_as_it_was(form: str) -> None:
    assert look(form, FORM).own == frozenset()
    with_it = put_in(form, FORM)
    assert look(with_it, FORM).own == PARTS
    assert not look(with_it, FORM).foreign
    assert ElementTree.canonicalize(take_out(with_it, FORM), with_comments=True) == ElementTree.canonicalize(
        form, with_comments=True
    )


@every
def test_putting_it_in_twice_changes_nothing(form: str) -> None:
    assert put_in(put_in(form, FORM), FORM) == put_in(form, FORM)


@every
def test_the_form_is_one_that_dynamics_takes(form: str) -> None:
    assert form_problem(form, PAGES) == form_problem(put_in(form, FORM), PAGES) == ""


@pytest.mark.skipif(
    not TOOL.exists() or importlib.util.find_spec("xmlschema") is None,
    reason="Microsoft's schemas do not lie beside the project, or xmlschema is not installed",
)
@every
def test_the_form_is_as_microsofts_schema_has_it(form: str) -> None:
    spec = importlib.util.spec_from_file_location("xsd_check", TOOL)
    assert spec and spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    schema = tool.load("FormXml.xsd")
    before = [str(one.reason) for one in schema.iter_errors(form)]
    assert [str(one.reason) for one in schema.iter_errors(put_in(form, FORM))] == before == []


def test_a_form_that_was_saved_as_a_copy_is_its_owners() -> None:
    copied = put_in(FORMS["bare"], FORM)
    assert (look(copied, COPY).own, look(copied, COPY).foreign) == (frozenset(), True)
    assert look(take_out(copied, COPY), FORM).own == PARTS


def test_a_script_that_somebody_else_registered_stays_theirs() -> None:
    handler = HANDLER.format(function="OneflowForm.onLoad", library="ofs_/form.js", n=2)
    library = '<Library name="ofs_/form.js" libraryUniqueId="{e0000000-0000-4000-8000-000000000002}" />'
    form = FORMS["with a script"].replace(THEIRS, THEIRS + handler).replace(LIBRARY, LIBRARY + library)
    with_it = put_in(form, FORM)
    assert with_it.count("OneflowForm.onLoad") == with_it.count('<Library name="ofs_/form.js"') == 1
    assert ElementTree.canonicalize(take_out(with_it, FORM), with_comments=True) == ElementTree.canonicalize(
        form, with_comments=True
    )


def test_the_library_stays_where_another_handler_has_come_to_need_it() -> None:
    with_it = put_in(FORMS["bare"], FORM)
    more = HANDLER.format(function="Mine.onLoad", library="ofs_/form.js", n=3)
    left = take_out(with_it.replace("</Handlers>", f"{more}</Handlers>"), FORM)
    assert form_problem(left, PAGES) == ""
    assert "Mine.onLoad" in left


def test_what_a_customizer_took_off_is_seen() -> None:
    form = ElementTree.fromstring(put_in(FORMS["bare"], FORM))
    tabs = form.find("tabs")
    assert tabs is not None
    tabs.remove(tabs[-1])
    assert look(ElementTree.tostring(form, encoding="unicode"), FORM).own == {"library", "handler"}


@pytest.mark.parametrize(("old", "new", "said"), [
    ("</form>", "</fom>", "cannot be read"), ("tabs>", "tubs>", "no form with tabs"),
    ('<tab name="ofs_oneflow"', '<tab name="ofs_oneflow" solutionaction="Added"', "only a solution's file"),
    ("{c0000000-0000-4000-8000-000000000001}", "{a0000000-0000-4000-8000-000000000001}", "is there twice"),
    ("{c0000000-0000-4000-8000-000000000001}", "c1", "no GUID in braces"),
    ('libraryName="ofs_/form.js"', 'libraryName="ofs_/other.js"', "none of the form's"),
    ("<Url>ofs_/widget.html", "<Url>ofs_/wigdet.html", "no web resource ofs_/wigdet.html"),
])  # fmt: skip
def test_the_sandboxs_dynamics_refuses_a_form_that_is_wrong(old: str, new: str, said: str) -> None:
    form = put_in(FORMS["bare"], FORM)
    assert old in form
    assert said in form_problem(form.replace(old, new), PAGES)
