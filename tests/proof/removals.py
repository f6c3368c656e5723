"""`make removals`: takes one rule out at a time and says which check notices. A rule that nobody misses fails the run.

Works on a copy of the tree; the rules are named by the text that carries them, so a moved rule must be named anew.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHECKS = ("tests/engine", "tests/proof/test_every_state_of_one_link.py")


@dataclass(frozen=True)
class Removal:
    rule: str
    path: str
    old: str
    new: str


_SYNC, _ENGINE = "sync_core/usecases/sync", "sync_core/engine"
REMOVALS = (
    Removal("an intent is stored before the first write", f"{_SYNC}/sync_contract.py",
            "        taken = self._links.take(opened, intent, lock)\n",
            "        taken = replace(opened, intent=intent)\n"),
    Removal("an intent left behind is settled first", f"{_SYNC}/sync_contract.py",
            "        opened = self._leftovers.settle(opened, reads)\n", ""),
    Removal("the other half is what the plan read", f"{_ENGINE}/settling.py",
            "settled(step.base, answer.value or \"\", step.dynamics, answer.updated_time)",
            "settled(step.base, answer.value or \"\", step.base.halves and step.base.halves.dynamics, None)"),
    Removal("the written half is what the side answered", f"{_ENGINE}/settling.py",
            "base = settled(step.base, step.oneflow or \"\", answer.value, step.updated_time)", "base = step.base"),
    Removal("a late write is ours, no edit of Oneflow", f"{_ENGINE}/view.py",
            "    for late in reversed(seen.base.late):", "    for late in ():"),
    Removal("a lagging read is not believed", f"{_ENGINE}/view.py",
            "return replace(seen, lagging=field.updated_time < base.updated_time)", "return seen"),
    Removal("without a base nothing is written", f"{_ENGINE}/rule.py",
            "    if not look.has_base:\n        return Ruling(Decision.TAKE_HALVES)\n",
            "    if not look.has_base:\n        return Ruling(Decision.WRITE_DYNAMICS)\n"),
    Removal("equal sides only settle", f"{_ENGINE}/rule.py",
            "    if look.same:\n        return Ruling(Decision.SETTLE)\n    if not look.has_base:\n        return",
            "    if not look.has_base:\n        return"),
    Removal("without auto_push an edit of Dynamics waits", f"{_ENGINE}/rule.py",
            "Decision.WRITE_ONEFLOW if auto_push else Decision.WAIT_FOR_PUSH)\n    return Ruling(Decision.NOTHING)",
            "Decision.WRITE_ONEFLOW)\n    return Ruling(Decision.NOTHING)"),
    Removal("a one-way field is never written back", f"{_ENGINE}/rule.py",
            "        return Ruling(_one_way(look, auto_push))\n",
            "        return Ruling(Decision.WRITE_DYNAMICS if look.oneflow_changed else Decision.NOTHING)\n"),
    Removal("a stored conflict is kept until it is over", f"{_ENGINE}/planner.py",
            "    base = replace(seen.base, conflict=conflict)\n", "    base = seen.base\n"),
    Removal("a refused value is not tried for ever", f"{_ENGINE}/planner.py",
            "    if step.writes and mark and refused and mark.side is step.side and mark.value == step.after:",
            "    if False:"),
    Removal("a secured null is no value", f"{_ENGINE}/view.py",
            "    if cell.unreadable is not None:\n        return replace(seen, problem=cell.unreadable)\n", ""),
    Removal("a signed contract is never written", f"{_ENGINE}/planner.py",
            "    if not contract.state.writable:", "    if False:"),
    Removal("a signature is not reset unasked", f"{_ENGINE}/planner.py",
            " and contract.signature_given and not scene.confirm_signature_reset:", " and False:"),
    Removal("a value is never rounded", f"{_ENGINE}/values.py",
            "    if places is not None and _places(number) > places:", "    if False:"),
    Removal("empty does not overwrite filled unasked", f"{_ENGINE}/planner.py",
            "    if field.value == \"\" and (seen.base.halves is None or seen.base.halves.oneflow == \"\"):",
            "    if False:"),
)  # fmt: skip


def main() -> int:
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "tree"
        skipped = shutil.ignore_patterns(".git", ".venv*", ".tools", ".data", "*cache*", ".hypothesis")
        shutil.copytree(ROOT, copy, ignore=skipped)
        for removal in REMOVALS:
            caught = _caught(copy, removal)
            missed += caught is None
            print(f"{removal.rule:<48} {caught or 'NOBODY NOTICED'}", flush=True)
    print(f"{len(REMOVALS) - missed} passed, {missed} failed")
    return 1 if missed else 0


def _caught(copy: Path, removal: Removal) -> str | None:
    """The check that noticed."""
    path = copy / removal.path
    text = path.read_text()
    if text.count(removal.old) != 1:
        raise SystemExit(f"the rule is not where it was: {removal.rule} ({removal.path})")
    path.write_text(text.replace(removal.old, removal.new))
    try:
        for check in CHECKS:
            command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", check]
            done = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=600, check=False)
            if done.returncode:
                found = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
                return found.group(1) if found else f"{check} (ended with {done.returncode})"
    finally:
        path.write_text(text)
    return None


if __name__ == "__main__":
    sys.exit(main())
