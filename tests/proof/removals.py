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
_TEST = re.compile(r"^(?:FAILED|ERROR) ([^\s\[]+)", re.MULTILINE)
_SEED = re.compile(r"^(seed \d+: (?!Traceback).{0,100})", re.MULTILINE)
_CRASH = "nobody: it only crashes"  # which shows nothing about the rule
# The quickest first. The last plays whole worlds at random: what only a race, a queue or a clock shows.
_PYTEST = ("-m", "pytest", "-x", "-q", "-p", "no:cacheprovider")
CHECKS = (
    (
        *_PYTEST,
        "tests/engine",
        "tests/handlers/test_retries.py",
        "tests/handlers/test_who_may.py",
        "tests/handlers/test_guards.py",
        "tests/adapters/test_headers.py",
        "tests/adapters/test_oneflow_client.py",
        "tests/adapters/test_dataverse_client.py",
        "tests/adapters/test_read_by_definitions.py",
        "tests/adapters/test_sending.py",
    ),
    (
        *_PYTEST,
        "tests/handlers/test_sweep.py",
        "tests/handlers/test_outages.py",
        "tests/adapters/test_hold.py",
        "tests/adapters/test_oneflow_pace.py",
    ),
    (*_PYTEST, "tests/proof/test_every_state_of_one_link.py", "-k", "one_field"),
    ("-m", "tests.torture", "--seeds", "300"),
)


@dataclass(frozen=True)
class Removal:
    rule: str
    path: str
    old: str
    new: str


_SYNC, _ENGINE = "sync_core/usecases/sync", "sync_core/engine"
REMOVALS = (
    Removal("an intent is stored before the first write", f"{_SYNC}/sync.py",
            "        taken = self._links.take(opened, intent, lock)\n",
            "        taken = replace(opened, intent=intent)\n"),
    Removal("an intent left behind is settled first", f"{_SYNC}/sync.py",
            "        opened = self._recovery.settle(opened, reads)\n", ""),
    Removal("the other half is what the plan read", f"{_ENGINE}/settling/answers.py",
            "settled(before, shown, step.dynamics, answer.updated_time,",
            "settled(before, shown, step.base.halves and step.base.halves.dynamics, None,"),
    Removal("our own write coming back is no edit", f"{_ENGINE}/settling/answers.py",
            "base = settled(step.base, step.oneflow or \"\", answer.value, step.updated_time, currency=currency)",
            "base = step.base"),
    Removal("a late write is ours, no edit of Oneflow", f"{_ENGINE}/deciding/view.py",
            "    for late in reversed(seen.base.late):", "    for late in ():"),
    Removal("a lagging read is not believed", f"{_ENGINE}/deciding/view.py",
            "        if read >= known:", "        if True:"),
    Removal("vendors are read after the link's query", f"{_SYNC}/sync.py",
            "        opened = self._recovery.settle(opened, reads)\n",
            "        again = self._links.open(contract_id=opened.link.contract_id)\n"
            "        opened = self._recovery.settle(again or opened, reads)\n"),
    Removal("no base moves before its write", f"{_ENGINE}/settling/recovery.py",
            "    if found in _DONE:\n", "    if True:\n"),
    Removal("a held lock is waited for", f"{_SYNC}/open.py",
            "        if lock is None:\n            return 0\n", "        return 0\n"),
    Removal("a holder looks at its lock before each write", f"{_SYNC}/guard.py",
            "        return self.until - self.clock.monotonic() >= self.margin", "        return True"),
    Removal("a failed job waits before it comes back", "sync_core/usecases/jobs/runner.py",
            "        self._put_back(replace(job, attempts=attempts), delay, error, inserted_at)",
            "        self._jobs.put(replace(job, attempts=attempts))"),
    Removal("a sync that waits for long waits as a row", "sync_core/usecases/jobs/runner.py",
            "    return delay > longest or age > _OLDEST_MESSAGE\n", "    return False\n"),
    Removal("no sweep runs while a connection is broken", "sync_core/usecases/jobs/reconcile.py",
            "        if not self._broken.lasts(marks):\n", "        if True:\n"),
    Removal("a job's due row is never the link's", "sync_core/adapters/storage/due.py",
            "OF_LINK, OF_JOB, WAITING = \"\", \"0\", \"00\"", "OF_LINK, OF_JOB, WAITING = \"\", \"\", \"00\""),
    Removal("every dead letter is looked at", "sync_core/usecases/jobs/reconcile.py",
            "self._dead_letters.list(before)", "self._dead_letters.list(None)"),
    Removal("another installation's message is left to it", "sync_core/usecases/jobs/runner.py",
            "        if not self._is_ours(job.installation):\n", "        if False:\n"),
    Removal("a Retry-After binds for two windows at most", "sync_core/adapters/hold.py",
            "min(_UNNAMED if retry_after is None else retry_after, self._longest)",
            "_UNNAMED if retry_after is None else retry_after"),
    Removal("after a hold one request asks", "sync_core/adapters/hold.py",
            "            self._in_doubt, self._asking = True, False\n", ""),
    Removal("the window counts only where it is full", "sync_core/adapters/oneflow/pace.py",
            "            if over < 0 or not self._answered:\n", "            if not self._answered:\n"),
    Removal("an undo settles what it put back", f"{_SYNC}/write.py",
            "again=again) if step.row.key in answers else step\n",
            "again=again) if step.row.key in answers and plan.action != \"undo\" else step\n"),
    Removal("without a base nothing is written", f"{_ENGINE}/deciding/rule.py",
            "    if not look.has_base:\n        return Ruling(Decision.TAKE_HALVES)\n",
            "    if not look.has_base:\n        return Ruling(Decision.WRITE_DYNAMICS)\n"),
    Removal("equal sides only settle", f"{_ENGINE}/deciding/rule.py",
            "    if look.same:\n        return Ruling(Decision.SETTLE)\n    if not look.has_base:\n        return",
            "    if not look.has_base:\n        return"),
    Removal("without auto_push an edit of Dynamics waits", f"{_ENGINE}/deciding/rule.py",
            "Decision.WRITE_ONEFLOW if auto_push else Decision.WAIT_FOR_PUSH)\n    return Ruling(Decision.NOTHING)",
            "Decision.WRITE_ONEFLOW)\n    return Ruling(Decision.NOTHING)"),
    Removal("a one-way field is never written back", f"{_ENGINE}/deciding/rule.py",
            "        return Ruling(_one_way(look, auto_push))\n",
            "        return Ruling(Decision.WRITE_DYNAMICS if look.oneflow_changed else Decision.NOTHING)\n"),
    Removal("a stored conflict is kept until it is over", f"{_ENGINE}/deciding/planner.py",
            "    base = replace(seen.base, conflict=conflict)\n", "    base = seen.base\n"),
    Removal("a conflict is left to a person", f"{_ENGINE}/deciding/planner.py",
            "            return _asked(seen)\n", "            return seen.unchanged(base=seen.settled())\n"),
    Removal("a refused value is not tried for ever", f"{_ENGINE}/deciding/planner.py",
            "    if due and refusal and refusal.keeps_back(due.side, due.after, scene.refused_waits):",
            "    if False:"),
    Removal("a refusal of the situation is tried again", f"{_SYNC}/send.py",
            "of_value=error.ground.of_value)", "of_value=True)"),
    Removal("and ever later at ordinary looks", f"{_ENGINE}/model/base.py",
            "return (self.of_value or waits) and", "return self.of_value and"),
    Removal("a refusal that stands is told once", f"{_ENGINE}/settling/answers.py",
            "        report = again or known is None or replace(known, text=refusal.text) != refusal\n",
            "        report = True\n"),
    Removal("a refusal is over when its write is no longer due", f"{_ENGINE}/settling/answers.py",
            "    return base if moved and due == (refusal.value or \"\") else", "    return base if True else"),
    Removal("a vendor's code decides before its status", "sync_core/adapters/dataverse/refusals.py",
            "    known = _BY_CODE.get(code)\n", "    known = None\n"),
    Removal("only a version's own code is a version that moved", "sync_core/adapters/dataverse/refusals.py",
            "    if status == 412 and code not in _SAYS_NOTHING:", "    if False:"),
    Removal("the first temporary answer ends the writing", f"{_SYNC}/send.py",
            "            if self._ended is None and step in left and", "            if step in left and"),
    Removal("every request of a write asks the lock", "sync_core/adapters/oneflow/fields.py",
            "        ask()\n        self._api.ask()\n", "        self._api.ask()\n"),
    Removal("every request of a write asks the pace", "sync_core/adapters/oneflow/fields.py",
            "        ask()\n        self._api.ask()\n", "        ask()\n"),
    Removal("a remembered form is tried again after a while", "sync_core/adapters/oneflow/fields.py",
            "        return form if self._monotonic() < until else 0\n", "        return form\n"),
    Removal("a state that explains a refusal is the reason", f"{_SYNC}/write_oneflow.py",
            "        if not contract.state.writable:\n", "        if False:\n"),
    Removal("a split leaves out what moved in Oneflow", f"{_SYNC}/write_oneflow.py",
            "            elif not _shows(step, field.value, step.sure_write.before):\n", "            elif False:\n"),
    Removal("a secured null is no value", f"{_ENGINE}/deciding/view.py",
            "    if cell.unreadable is not None:\n        return replace(seen, problem=cell.unreadable)\n", ""),
    Removal("a signed contract is never written", f"{_ENGINE}/deciding/overwriting.py",
            "    if not contract.state.writable:", "    if False:"),
    Removal("a signature is not reset unasked", f"{_ENGINE}/deciding/overwriting.py",
            " and contract.signature_given and not scene.confirm_signature_reset:", " and False:"),
    Removal("a value is never rounded", f"{_ENGINE}/values/numbers.py",
            "    if places is not None and decimal_places(number) > places:", "    if False:"),
    Removal("a card counts what the list shows", f"{_ENGINE}/deciding/counts.py",
            "    found = Counter(one.kind for one in verdicts(scene))\n",
            "    found = Counter(one.kind for one in verdicts(scene) if not one.dynamics_changed)\n"),
    Removal("no keep is offered that cannot be done", f"{_ENGINE}/deciding/verdict.py",
            "    if not closed and differences.in_oneflow.writes:", "    if not closed:"),
    Removal("another data field of the same name has no base", f"{_ENGINE}/model/base.py",
            "    if None not in (field_id, known.field_id) and known.field_id != field_id:", "    if False:"),
    Removal("another currency is a change of Dynamics", f"{_ENGINE}/deciding/view.py",
            " or halves.currency not in (None, currency_of(cell, column))", ""),
    Removal("the second later look counts, whatever its time", f"{_ENGINE}/deciding/view.py",
            "        if looks >= OLDER_LOOKS:", "        if False:"),
    Removal("empty does not overwrite filled unasked", f"{_ENGINE}/deciding/planner.py",
            "    if field.value == \"\" and (seen.base.halves is None or seen.base.halves.oneflow == \"\"):",
            "    if False:"),
    Removal("a person acts in Oneflow as themselves or not at all", "sync_core/adapters/oneflow/api.py",
            "        if actor.is_machine:\n", "        if actor.is_machine or not actor.email:\n"),
    Removal("an address that Oneflow no longer knows is looked up once more", "sync_core/adapters/oneflow/addresses.py",
            "(_as_read, self._now or _as_read)", "(_as_read,)"),
    Removal("what no header carries is refused by name", "sync_core/adapters/headers.py",
            "        if character:\n", "        if False:\n"),
    Removal("a record is proved deleted by Dataverse's word alone", "sync_core/adapters/dataverse/people.py",
            "        except NotAllowed:\n            return False\n        return False\n",
            "        except NotAllowed:\n            return True\n        return False\n"),
    Removal("an entry is of the record that it was written for", f"{_ENGINE}/settling/history_records.py",
            "None if entry.action in _BEGINS else found[place]", "found[place]"),
    Removal("whose nobody knows an entry to be, nobody sees it", "sync_core/usecases/people/sight.py",
            "        if record is None:\n            return False\n",
            "        if record is None:\n            return True\n"),
    Removal("a fetch needs the right to write, as a push does", f"{_SYNC}/request.py",
            "        return self.action is not Action.AUTOMATIC\n",
            "        return self.action not in (Action.AUTOMATIC, Action.FETCH)\n"),
    Removal("an id has one spelling", f"{_ENGINE}/model/ids.py",
            "    return \"-\".join(found.groups()) if found else text.strip()\n", "    return text.strip()\n"),
    Removal("labels are read only where one choice can be meant", f"{_ENGINE}/values/options.py",
            "    if len(found) > 1:\n        raise _double() if double else _unclear()\n", ""),
    Removal("two phone numbers in one text are none", f"{_ENGINE}/values/phone_numbers.py",
            "    if not phonenumbers.is_valid_number(number) or _is_two(text, number):",
            "    if not phonenumbers.is_valid_number(number):"),
    Removal("what is no number of any country is not sent", f"{_ENGINE}/values/phone_numbers.py",
            "    if not phonenumbers.is_valid_number(number) or _is_two(text, number):",
            "    if _is_two(text, number):"),
    Removal("two people of a contract have two addresses", f"{_ENGINE}/deciding/people_invited.py",
            "first.setdefault(email.casefold(), place) != place", "False"),
    Removal("a field that Oneflow refused is not sent again", f"{_ENGINE}/deciding/creation.py",
            "            if _is_sent(step) and step.row.oneflow_field in refused\n", "            if False\n"),
    Removal("a creation is taken up again by what it carried", f"{_ENGINE}/deciding/creation.py",
            "all(shown.get(key) == digest for key, digest in fields.items())", "True"),
    Removal("and by whom it invited", f"{_ENGINE}/deciding/creation.py",
            " and invited >= set(creation.proof[\"invited\"])", ""),
    Removal("and never by a contract that is older", f"{_ENGINE}/deciding/creation.py",
            " or contract.created_at < since.replace(microsecond=0):", ":"),
    Removal("what any contract of the template shows proves nothing", f"{_ENGINE}/deciding/creation.py",
            "    if not own and not emails:\n        return {}\n", ""),
)  # fmt: skip


def main() -> int:
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "tree"
        skipped = shutil.ignore_patterns(".git", ".venv*", ".tools", ".data", "*cache*", ".hypothesis")
        shutil.copytree(ROOT, copy, ignore=skipped)
        if (broken := _noticed(copy)) is not None:
            raise SystemExit(f"nothing is taken out yet, and a check fails: {broken}")
        print("| rule taken out | noticed by |\n|---|---|")
        for removal in REMOVALS:
            caught = _caught(copy, removal)
            missed += caught in (None, _CRASH)
            print(f"| {removal.rule} | {caught or 'NOBODY'} |", flush=True)
    print(f"\n{len(REMOVALS) - missed} passed, {missed} failed")
    return 1 if missed else 0


def _caught(copy: Path, removal: Removal) -> str | None:
    path = copy / removal.path
    text = path.read_text()
    if text.count(removal.old) != 1:
        raise SystemExit(f"the rule is not where it was: {removal.rule} ({removal.path})")
    path.write_text(text.replace(removal.old, removal.new))
    try:
        return _noticed(copy)
    finally:
        path.write_text(text)


def _noticed(copy: Path) -> str | None:
    """The check that fails, if one does."""
    for check in CHECKS:
        command = [sys.executable, *check]
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=1200, check=False)
        if done.returncode:
            found = _TEST.search(done.stdout)
            if found:
                return f"`{found.group(1)}`"
            seed = _SEED.search(done.stdout)
            return f"torture, {seed.group(1).replace('|', '/')}" if seed else _CRASH
    return None


if __name__ == "__main__":
    sys.exit(main())
