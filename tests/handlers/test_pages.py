"""The pages' files: a fixed list that holds together, with headers that keep everything foreign out."""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from pathlib import Path

import azure.functions as func
import pytest

from sync_core.handlers import pages
from sync_core.handlers.files import files, headers, sign_in

WEB = Path(__file__).resolve().parents[2] / "web"
DYNAMICS = "https://contoso.crm4.dynamics.com"
IN_AZURE = {
    "WEBSITE_AUTH_ENABLED": "True",
    "SIGN_IN_CLIENT_ID": "the-app",
    "DATAVERSE_TENANT_ID": "the-tenant",
    "DATAVERSE_URL": f"{DYNAMICS}/",
}
TEXTS = {name: file.content.decode() for name, file in files().items() if not name.startswith("vendor/")}
LANGUAGES = ("en", "sv")


def answer(path: str, **sent: str) -> func.HttpResponse:
    """What `GET ui/{path}` answers."""
    app = func.FunctionApp()
    pages.register(app, get=lambda: pytest.fail("a page needs no services"))
    function = next(one for one in app.get_functions() if one.get_function_name() == "ui").get_user_function()
    request = func.HttpRequest("GET", f"/api/ui/{path}", headers=sent, route_params={"path": path}, body=b"")
    found: func.HttpResponse = function(request)
    return found


def policy(name: str = "settings.html", **env: str) -> dict[str, str]:
    parts = headers(name, env)["Content-Security-Policy"].split("; ")
    return {name: value for name, _, value in (part.partition(" ") for part in parts)}


@pytest.mark.parametrize(
    "path",
    ["vendor/vendored.json", "vendor/preact.licence.txt", "../requirements.txt", "lib/../index.html", "lib", "."],
)
def test_no_path_leads_out_of_the_list(path: str) -> None:
    assert answer(path).status_code == 404


def test_a_file_comes_with_its_type_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAVERSE_URL", DYNAMICS)
    script = answer("lib/api.js")
    assert (script.status_code, script.mimetype) == (200, "text/javascript")
    assert script.get_body() == (WEB / "lib/api.js").read_bytes()
    again = answer("lib/api.js", **{"if-none-match": script.headers["ETag"]})
    assert (again.status_code, again.get_body()) == (304, b"")
    assert again.headers["Content-Security-Policy"] == script.headers["Content-Security-Policy"]


def test_only_the_configured_dynamics_frames_a_page() -> None:
    assert policy(DATAVERSE_URL=f"{DYNAMICS}/")["frame-ancestors"] == DYNAMICS
    assert policy()["frame-ancestors"] == "'none'"
    assert policy("blank.html", DATAVERSE_URL=DYNAMICS)["frame-ancestors"] == f"{DYNAMICS} 'self'"


def test_nothing_foreign_runs_in_a_page_and_only_the_app_is_asked() -> None:
    found = policy(DATAVERSE_URL=DYNAMICS)
    assert found["default-src"] == found["base-uri"] == found["form-action"] == found["frame-src"] == "'none'"
    assert found["script-src"] == found["style-src"] == found["connect-src"] == "'self'"
    assert headers("", {})["X-Content-Type-Options"] == "nosniff"


def test_sign_in_is_told_in_azure_alone() -> None:
    told = {
        "client_id": "the-app",
        "authority": "https://login.microsoftonline.com/the-tenant",
        "scope": "the-app/.default",
    }
    assert sign_in(IN_AZURE) == told
    assert sign_in(IN_AZURE | {"WEBSITE_AUTH_ENABLED": ""}) is None
    assert sign_in(IN_AZURE | {"SIGN_IN_CLIENT_ID": ""}) is None
    found = policy(**IN_AZURE)
    assert found["connect-src"] == found["frame-src"] == "'self' https://login.microsoftonline.com"


def test_outside_azure_the_pages_ask_for_no_token() -> None:
    assert json.loads(answer("config.json").get_body()) == {"sign_in": None}


def test_what_a_file_names_is_served() -> None:
    for name, text in TEXTS.items():
        folder = posixpath.dirname(name)
        for link in re.findall(r"""(?:\bfrom |\bimport |\bsrc=|\bhref=)["']([^"'#:]+)["']""", text):
            target = posixpath.normpath(posixpath.join(folder, link))
            assert target in files() or target.startswith("../"), f"{name} names {link}"


def test_pages_hold_no_code_or_style_of_their_own() -> None:
    for name, text in TEXTS.items():
        if name.endswith(".html"):
            assert not re.search(r"<style|\son\w+=|\sstyle=|<script(?![^>]*\ssrc=)", text), name
        assert not re.search(r"\beval\(|new Function\(|innerHTML|dangerouslySetInnerHTML", text), name


def test_vendored_files_are_those_that_were_recorded() -> None:
    record = json.loads((WEB / "vendor/vendored.json").read_text())
    recorded = {name: file["sha256"] for package in record for name, file in package["files"].items()}
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (WEB / "vendor").iterdir()
        if path.name != "vendored.json"
    }
    assert found == recorded


@pytest.mark.parametrize("page", sorted(path.stem for path in (WEB / "strings/en").iterdir()))
def test_both_languages_say_the_same_things(page: str) -> None:
    english, swedish = (_words(f"strings/{language}/{page}.js") for language in LANGUAGES)
    assert english.keys() == swedish.keys()
    for key, text in english.items():
        assert _holes(text) == _holes(swedish[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_said_in_two_files(language: str) -> None:
    names = [
        name for path in (WEB / "strings" / language).iterdir() for name in _words(f"strings/{language}/{path.name}")
    ]
    assert len(names) == len(set(names)), sorted(name for name in names if names.count(name) > 1)


def _words(name: str) -> dict[str, str]:
    pairs = re.findall(r'^  "?([\w.-]+)"?:\s+"((?:[^"\\]|\\.)*)",$', TEXTS[name], re.MULTILINE)
    lines = [line for line in TEXTS[name].splitlines() if line.startswith("  ") and not line.startswith("  //")]
    assert len(pairs) == len(lines) - sum(line.rstrip().endswith(":") for line in lines), f"a line of {name} is unlike"
    assert len(dict(pairs)) == len(pairs), f"a word of {name} is there twice"
    return dict(pairs)


def _holes(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))
