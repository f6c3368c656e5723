"""Worlds that are played in parts over several evenings add up to what one run shows."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.torture import results
from tests.torture.__main__ import in_parts
from tests.torture.results import PART, Played, Results, missing
from tests.torture.run import Outcome, run


def played(*outcomes: Outcome) -> Played:
    found = Played()
    for outcome in outcomes:
        found.add(outcome)
    return found


def test_a_part_is_read_as_it_was_kept(tmp_path: Path) -> None:
    part = played(run(3), run(4), Outcome(5, ["lost an edit"]))
    kept = Results(tmp_path / "worlds", "this tree")
    kept.keep(0, part)
    assert kept.parts() == {0: part}
    assert Results(tmp_path / "worlds", "another tree").parts() == {}


def test_parts_add_up_to_the_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = Results(tmp_path / "worlds", "this tree")
    kept.keep(0, played(run(3), run(4)))
    kept.keep(PART, played(run(5)))
    whole = played(run(3), run(4), run(5))

    in_parts(range(0), kept)

    shown = capsys.readouterr().out
    assert f"3 worlds, {whole.steps} steps, {whole.met.total()} faults" in shown


def test_what_was_played_is_not_played_again_and_what_was_cut_off_is(tmp_path: Path) -> None:
    file = tmp_path / "worlds"
    kept = Results(file, "this tree")
    kept.keep(0, Played(worlds=PART))
    kept.keep(PART, Played(worlds=PART))
    file.write_bytes(file.read_bytes()[:-20])  # killed in the middle of the second line

    assert list(missing(range(PART * 2 + 7), kept.parts())) == [
        range(PART, PART * 2),
        range(PART * 2, PART * 2 + 7),
    ]
    kept.keep(PART, Played(worlds=PART))
    assert set(kept.parts()) == {0, PART}


def test_a_tree_has_its_name_from_what_worlds_are_made_of_once_that_is_committed(tmp_path: Path) -> None:
    for place in ("sync_core", "sandbox", "tests/torture", "docs"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "file").write_text("one", encoding="utf-8")
    git(tmp_path, "init", "-q")
    with pytest.raises(ValueError, match="Commit what is changed in sync_core"):
        results.tree(tmp_path)
    committed(tmp_path)
    first = results.tree(tmp_path)
    (tmp_path / "docs" / "file").write_text("two", encoding="utf-8")
    committed(tmp_path)
    assert results.tree(tmp_path) == first
    (tmp_path / "sandbox" / "file").write_text("two", encoding="utf-8")
    committed(tmp_path)
    assert results.tree(tmp_path) != first


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@x.example", *words], cwd=root, check=True)


def committed(root: Path) -> None:
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "x")
