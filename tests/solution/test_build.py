"""The solution that is built: the same bytes from the same sources, a version that rises, names that the code knows."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from dynamics.__main__ import main
from dynamics.build import file_name, solution, write
from dynamics.checks.names import released
from dynamics.checks.package import Package, bare
from dynamics.description.contract import CONTRACT, OPTIONS
from dynamics.description.ids import id_of
from dynamics.description.messages import MESSAGES
from dynamics.description.publisher import FIRST_OPTION
from dynamics.description.whole import Whole
from dynamics.files.version import digest, known, remember, version_of
from sync_core.adapters.dataverse.events import OURS
from sync_core.usecases.people.messages import CREATE, FETCH, PUSH

ROOT = Path(__file__).parents[2]


def _files(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def _changed() -> Whole:
    whole = Whole()
    page = whole.pages[0]
    return replace(whole, pages=(replace(page, content=page.content + b" "), *whole.pages[1:]))


def test_the_same_sources_make_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    script = f"from dynamics.build import solution; open({str(tmp_path / 'a.zip')!r}, 'wb').write(solution())"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, env={"PYTHONHASHSEED": "7"})
    assert (tmp_path / "a.zip").read_bytes() == solution()


def test_the_managed_one_differs_in_one_word_only() -> None:
    plain, managed = _files(solution()), _files(solution(managed=True))
    assert list(plain) == list(managed)
    differing = [name for name in plain if plain[name] != managed[name]]
    assert differing == ["solution.xml"]
    assert plain["solution.xml"].replace(b"<Managed>0<", b"<Managed>1<") == managed["solution.xml"]


def test_the_version_rises_with_the_content_and_with_nothing_else(tmp_path: Path) -> None:
    file, whole = tmp_path / "versions.json", Whole()
    first = remember(whole, file)
    assert (remember(whole, file), version_of(whole, known(file))) == (first, first)

    second = remember(_changed(), file)
    third = remember(whole, file)

    assert [_numbers(one) for one in (first, second, third)] == sorted(map(_numbers, {first, second, third}))
    assert len({first, second, third}) == 3, "older content that comes back is a new version"
    assert digest(whole) != digest(_changed())


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".")]


def test_the_file_is_named_as_dynamics_names_its_exports(tmp_path: Path) -> None:
    made = write(tmp_path, "1.2.3.4", managed=True)
    assert made.name == file_name("1.2.3.4", True) == "OneflowFieldSync_1_2_3_4_managed.zip"
    assert Package.read(made.read_bytes()).manifest.findtext("Version") == "1.2.3.4"


def test_ids_are_what_they_were_when_they_were_released() -> None:
    made = {name: bare(given) for name, given in Package.read(solution()).identified}
    assert {name: guid for name, guid in made.items() if released().get(name, guid) != guid} == {}
    pages = {name for name in made if name.startswith("WebResource ")}
    assert made.keys() - pages <= released().keys(), "run `make solution`: it notes new ids in dynamics/ids.json"
    assert id_of("role", "Oneflow seller") == "04ed056b-e904-50cb-bac0-bc8aa18fd595"


def test_a_released_id_that_changes_is_found(tmp_path: Path) -> None:
    assert len(released()) == len(set(released().values()))
    assert released()["Role Oneflow seller"] == id_of("role", "Oneflow seller")


def test_messages_and_parameters_are_those_that_the_app_takes() -> None:
    assert {message.name for message in MESSAGES} == {PUSH, FETCH, CREATE}
    assert all(message.name.startswith(OURS) for message in MESSAGES)
    code = (ROOT / "sync_core/usecases/people/messages.py").read_text()
    read = set(re.findall(r'"([A-Z][A-Za-z]+)"', code)) - {"Target"}
    described = {parameter.name for message in MESSAGES for parameter in message.parameters} - {"Target"}
    assert read <= described and described <= read


def test_option_values_have_never_moved() -> None:
    """A row in a customer's Dynamics holds the number."""
    states = ("draft", "pending", "overdue", "signed", "declined")
    assert [OPTIONS["ofs_state"][key] - FIRST_OPTION for key in states] == list(range(5))
    keys = ("in_step", "waiting_for_push", "not_agreed", "conflict", "refused", "broken", "paused")
    assert [OPTIONS["ofs_syncstate"][key] - FIRST_OPTION for key in keys] == list(range(7))
    assert [OPTIONS["ofs_linkstatus"][key] - FIRST_OPTION for key in ("active", "broken", "paused")] == [0, 1, 2]
    assert [OPTIONS["ofs_lastchangeside"][key] - FIRST_OPTION for key in ("dynamics", "oneflow")] == [0, 1]


def test_a_lookup_is_bound_by_its_schema_name() -> None:
    package = Package.read(solution())
    names = [one.text for one in package.custom.iter("NavigationPropertyName")]
    assert names[::2] == [one.lookup for one in CONTRACT.relationships] == ["ofs_OpportunityId", "ofs_QuoteId"]


def test_no_role_may_change_dynamics_itself() -> None:
    for role in Whole().roles:
        assert not [name for name, _ in role.privileges if re.search("SdkMessage|ServiceEndpoint|Role$|Publish", name)]


def test_sellers_and_administrators_may_not_write_contracts() -> None:
    for role in Whole().roles[:2]:
        assert [name for name, _ in role.privileges if name.endswith(CONTRACT.name)] == [f"prvRead{CONTRACT.name}"]


def test_make_solution_builds_both_and_notes_version_and_ids(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = {"WebResource ofs_/gone.html": "0309cbcb-601e-574f-85ac-cc48cae71ecd"}
    (tmp_path / "ids.json").write_text(json.dumps(gone))
    assert main(tmp_path / "dist", notes=tmp_path) == 0
    version = next(reversed(known(tmp_path / "versions.json")))
    assert sorted(path.name for path in (tmp_path / "dist").iterdir()) == sorted(
        [file_name(version, False), file_name(version, True)]
    )
    noted = json.loads((tmp_path / "ids.json").read_text()).items()
    assert noted >= gone.items(), "an id that was released is never forgotten, whatever becomes of its part"
    assert gone.items() < noted <= released().items() | gone.items()
    assert f"version {version}" in capsys.readouterr().out
