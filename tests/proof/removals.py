"""`make removals`: takes one rule out at a time and says which check notices. A rule that nobody misses fails the run.

The test that docs/proof.md names for the rule is asked first, then everything in CHECKS.

Works on a copy of the tree; the rules are named by the text that carries them, so a moved rule must be named anew.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_NAMED = re.compile(r"`(tests/[\w/]+\.py::\w+)`")
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
        "tests/adapters/test_signature.py",
        "tests/adapters/test_packing.py",
        "tests/adapters/test_dataverse_references.py",
        "tests/adapters/test_storage_history.py",
        "tests/adapters/test_storage_installations.py",
        "tests/torture/test_memory.py",
        "tests/torture/test_in_parts.py",
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
            "        begun = opened = self._recovery.settle(opened, reads)\n", "        begun = opened\n"),
    Removal("the rest of a plan is not put off by its first part", f"{_SYNC}/sync.py",
            "        until = (begun or opened).link.refused_until\n", "        until = opened.link.refused_until\n"),
    Removal("the other half is what the plan read", f"{_ENGINE}/settling/answers.py",
            "settled(before, shown, step.dynamics, answer.updated_time,",
            "settled(before, shown, step.base.halves and step.base.halves.dynamics, None,"),
    Removal("our own write coming back is no edit", f"{_ENGINE}/settling/answers.py",
            "base = settled(step.base, step.oneflow or \"\", answer.value, step.updated_time, currency=currency)",
            "base = step.base"),
    Removal("a late write is ours, no edit of Oneflow", f"{_ENGINE}/deciding/view.py",
            "    for late in reversed(seen.base.late):", "    for late in ():"),
    Removal("a lagging read is not believed", f"{_ENGINE}/deciding/view.py",
            "        if is_earlier(read, known):\n", "        if False:\n"),
    Removal("a time of before our own write tells nothing of it", f"{_ENGINE}/deciding/view.py",
            "        if replaced is None or is_earlier(known, read):\n", "        if True:\n"),
    Removal("whole seconds are no earlier than their fractions", f"{_ENGINE}/model/instants.py",
            "    if one.microsecond and other.microsecond:\n", "    if True:\n"),
    Removal("vendors are read after the link's query", f"{_SYNC}/sync.py",
            "        begun = opened = self._recovery.settle(opened, reads)\n",
            "        again = self._links.open(contract_id=opened.link.contract_id)\n"
            "        begun = opened = self._recovery.settle(again or opened, reads)\n"),
    Removal("no base moves before its write", f"{_ENGINE}/settling/recovery.py",
            "    if found in _DONE:\n", "    if True:\n"),
    Removal("a held lock is waited for", f"{_SYNC}/open.py",
            "        if lock is None:\n            return 0\n", "        return 0\n"),
    Removal("a holder looks at its lock before each write", f"{_SYNC}/guard.py",
            "        return self.until - self.clock.monotonic() >= self.margin", "        return True"),
    Removal("a failed job waits before it comes back", "sync_core/usecases/jobs/runner.py",
            "        self._put_back(replace(job, attempts=attempts), delay, error, inserted_at)",
            "        self._jobs.put(replace(job, attempts=attempts))"),
    Removal("a read that the situation refuses is tried again", "sync_core/usecases/jobs/runner.py",
            "            case Refused() if error.ground in _MAY_BE_OVER:\n",
            "            case Refused() if False:\n"),
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
            "    if look.same:\n        return Ruling(Decision.SETTLE)\n    if direction is",
            "    if direction is"),
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
            "        return form if self._monotonic() < until else", "        return form if until else"),
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
            "None not in (field_id, known.field_id) and known.field_id != field_id", "False"),
    Removal("another currency is a change of Dynamics", f"{_ENGINE}/deciding/view.py",
            "moved or halves.currency not in (None, currency_of(cell, column))", "moved"),
    Removal("the second later look counts, whatever its time", f"{_ENGINE}/deciding/view.py",
            "    if scene.believed or looks >= OLDER_LOOKS:", "    if scene.believed:"),
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
            "None if entry.action in _BEGINS and not entry.continues else found[place]", "found[place]"),
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
            "    if not own:\n        return {}\n", ""),
    Removal("what one transaction cannot store goes in parts", f"{_SYNC}/parts.py",
            "            if len(keys) < 2:\n", "            if True:\n"),
    Removal("of an intent the fields that are settled are gone", "sync_core/adapters/storage/link_rows.py",
            "Intent.from_json(unpacked(intent)).without(keys_settled)", "Intent.from_json(unpacked(intent))"),
    Removal("of a large base only the part that moved is written", "sync_core/adapters/storage/link_rows.py",
            "        if size > room or not found:\n", "        if not found:\n"),
    Removal("of a large checkpoint the base goes first, in parts", "sync_core/adapters/storage/history.py",
            "in _fitting([*whole, head]):", "in ([one for group in (*whole, head) for one in group],):"),
    Removal("a long text is stored once in each row", "sync_core/adapters/storage/packing.py",
            "if times > 1)}", "if times > 999)}"),
    Removal("an answer that no row takes is kept without its texts", "sync_core/adapters/storage/packing.py",
            "    if len(rows) == 1:\n        return rows[0]\n", "    if True:\n        return rows[0]\n"),
    Removal("an intent that is too large leaves the rest for later", f"{_SYNC}/sync.py",
            "                if size < 2:\n", "                if True:\n"),
    Removal("of what no contract can hold a base keeps the digest", f"{_ENGINE}/deciding/view.py",
            "Halves(oneflow, kept(dynamics), agreed, currency)", "Halves(oneflow, dynamics, agreed, currency)"),
    Removal("a currency that is shown is watched", f"{_SYNC}/open.py",
            " for row in rows if _shows_its_currency(row)}", " for row in ()}"),
    Removal("a name is asked for with its own spaces too", "sync_core/adapters/dataverse/references.py",
            "dict.fromkeys((text, words))", "(words,)"),
    Removal("definitions are read once more before a person is refused", f"{_SYNC}/sync.py",
            "        if plan.has_unknown and not looks.by_new_definitions:\n", "        if False:\n"),
    Removal("and before a list calls a label unknown", "sync_core/usecases/people/repair.py",
            "        if any(one.is_unknown for one in found):\n", "        if False:\n"),
    Removal("a name that is no known label is a doubt", "sync_core/adapters/dataverse/cells.py",
            " or shown not in _names(value, column))", ")"),
    Removal("and so it is among several", "sync_core/adapters/dataverse/cells.py",
            " or not _may_name(shown, numbers, column)", ""),
    Removal("what we wrote into a contract is no proof of its creation", "sync_core/usecases/people/create_contract.py",
            "    return link is None or link.history_count <= 1\n", "    return True\n"),
    Removal("a link that is moved to where it is stays in the index", "sync_core/adapters/storage/links.py",
            "        if now is not None and now.record == left.record:\n", "        if False:\n"),
    Removal("what Oneflow trims is found in its events", "sync_core/usecases/jobs/search_events.py",
            "if is_stored_form(now, sent)]", "if now == sent]"),
    Removal("how a contract ended is told once", f"{_ENGINE}/showing/news.py",
            " and kind not in over]", "]"),
    Removal("linking settles what is the same", "sync_core/usecases/people/linking.py",
            "    bases = moved_bases({}, reads.mapping, steps)\n", "    bases: Bases = {}\n"),
    Removal("a purge is of one installation", "sync_core/adapters/storage/history.py",
            "in_partitions(f\"{self._account}-\").between", "in_partitions(\"\").between"),
    Removal("an address has many spellings", "sync_core/adapters/storage/installations.py",
            "    parts = urlsplit(url.strip().lower())\n", "    return url\n"),
    Removal("the data of a version before is found by its old id", "sync_core/adapters/storage/installations.py",
            "            found = self._before() or uuid.uuid4().hex[:12]\n",
            "            found = uuid.uuid4().hex[:12]\n"),
    Removal("an entry is found by its row of the index", "sync_core/adapters/storage/history.py",
            "        row = self._row(partition, rows.entry_key(entry_id))\n", "        row = None\n"),
    Removal("and no other is read where there is none", "sync_core/adapters/storage/history.py",
            "return None if self._is_indexed(partition) else self._looked_up(partition, entry_id)",
            "return self._looked_up(partition, entry_id)"),
    Removal("a purge begins where the old entries do", "sync_core/adapters/storage/history.py",
            "self.erase(partition, before, begins[partition])", "self.erase(partition, before)"),
    Removal("a contract's number has an end", f"{_ENGINE}/model/contract_id.py",
            " and 0 < value <= HIGHEST", ""),
    Removal("times are instants, whatever their form", f"{_ENGINE}/deciding/view.py",
            "    read, known = known_instant(field.updated_time), known_instant(seen.base.updated_time)\n",
            "    read, known = field.updated_time, seen.base.updated_time\n"),
    Removal("what Oneflow trims is settled once", f"{_ENGINE}/settling/answers.py",
            "and not _is_its_form(write):\n", "and True:\n"),
    Removal("a page's token has one shape", "sync_core/adapters/storage/history.py",
            "not _TOKEN.fullmatch(after)", "not after"),
    Removal("zeros are no Entra id", f"{_ENGINE}/model/ids.py",
            "    return known if known.strip(\"0-\") else None\n", "    return known\n"),
)  # fmt: skip


def main() -> int:
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "tree"
        skipped = shutil.ignore_patterns(".git", ".venv*", ".tools", ".data", "*cache*", ".hypothesis")
        shutil.copytree(ROOT, copy, ignore=skipped)
        (copy / ".tools").symlink_to(ROOT / ".tools")  # the emulator
        if (broken := _noticed(copy)) is not None:
            raise SystemExit(f"nothing is taken out yet, and a check fails: {broken}")
        print("| rule taken out | noticed by |\n|---|---|")
        named = noticed_by()
        for removal in REMOVALS:
            caught = _caught(copy, removal, named.get(removal.rule))
            missed += caught in (None, _CRASH)
            print(f"| {removal.rule} | {caught or 'NOBODY'} |", flush=True)
    print(f"\n{len(REMOVALS) - missed} passed, {missed} failed")
    return 1 if missed else 0


def noticed_by() -> dict[str, str]:
    """Rule -> the test or world that docs/proof.md says notices when it is taken out."""
    lines = (ROOT / "docs" / "proof.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in lines if line.count("|") == 3]
    return dict(rows)


def _caught(copy: Path, removal: Removal, named: str | None = None) -> str | None:
    path = copy / removal.path
    text = path.read_text()
    if text.count(removal.old) != 1:
        raise SystemExit(f"the rule is not where it was: {removal.rule} ({removal.path})")
    path.write_text(text.replace(removal.old, removal.new))
    test = _NAMED.fullmatch(named or "")
    first = ((*_PYTEST, test.group(1)),) if test else ()
    try:
        return _noticed(copy, (*first, *CHECKS))
    finally:
        path.write_text(text)


def _noticed(copy: Path, checks: Sequence[tuple[str, ...]] = CHECKS) -> str | None:
    """The check that fails, if one does."""
    for check in checks:
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
