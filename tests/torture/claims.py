"""What must hold once the faults have stopped and the queue is empty."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sync_core.engine.deciding.counts import Counts
from sync_core.engine.deciding.view import Scene, View, view
from sync_core.engine.model.actor import MACHINE, Cause
from sync_core.engine.model.history import OVERWROTE, HistoryEntry, HistoryLine
from sync_core.engine.model.jobs import CreationJob, Job, parsed_job
from sync_core.engine.model.link import OpenLink
from sync_core.engine.model.mapping import FieldMapping
from sync_core.engine.model.news import NewsKind, Notify
from sync_core.engine.model.words import Action, ConflictPolicy, ContractState, Direction
from sync_core.engine.settling.history_chain import breaks, rebuilt
from sync_core.engine.showing.contract_row import row_of
from sync_core.engine.values.canonical import is_stored_form
from sync_core.errors import Gone, SyncError, Unreadable
from sync_core.usecases.sync.request import SyncRequest
from tests.proof.verdict_law import breaches
from tests.torture.contract_rows import RowsPort
from tests.torture.documents import PDF
from tests.torture.fates import fate_of, halves_of, key_of, last_settled_by
from tests.torture.truth import Edit, Overwrite
from tests.torture.worker import ANOTHER
from tests.torture.world import MOST_SKEW, World

_KEPT = OVERWROTE


class Claims:
    """Checks a world that has come to rest; `accounted` says what became of each edit."""

    def __init__(self, world: World) -> None:
        self._world, self._truth = world, world.truth
        self.accounted: Counter[str] = Counter()
        self._scenes: dict[int, Scene | None] = {}  # after the last sweep nothing moves

    def check(self) -> list[str]:
        """What does not hold, in words."""
        world = self._world
        self._queue_is_empty()
        world.sweep()
        before, entries = self._truth.attempts, self._entries()
        world.sweep()
        self._truth.claim(self._truth.attempts == before, "a second sweep writes")
        self._truth.claim(self._entries() == entries, "a second sweep finds news")
        for contract_id in world.store.partitions:
            self._history(contract_id)
        for contract_id, partition in world.store.partitions.items():
            if partition.link is not None:
                self._link(contract_id)
        for one in self._truth.overwrites:
            self._kept(one)
        if world.shows_rows:
            self._rows()
        self._documents()
        self._news()
        for edit in self._truth.edits.values():
            self._edit(edit)
        self._creations()
        return self._truth.broken

    def _rows(self) -> None:
        """Each link's row in Dynamics shows what the link does; that of a link that has ended says so."""
        table = RowsPort(self._world.processes[0])
        for contract_id, partition in self._world.store.partitions.items():
            if partition.link is not None:
                told = f"{contract_id}: its row in Dynamics is not as its link"
                self._truth.claim(table.shows(row_of(partition.link)), told)
            elif contract_id in self._world.rows:
                ended = self._world.rows[contract_id].values["link_status"] == "ended"
                self._truth.claim(ended, f"{contract_id}: its row in Dynamics does not say that its link has ended")

    def _documents(self) -> None:
        """A signed contract's document is on its row, and is its own."""
        world = self._world
        for contract_id, partition in world.store.partitions.items():
            link, kept = partition.link, world.documents.get(contract_id)
            if world.keeps_documents and link is not None and link.state == ContractState.SIGNED:
                self._truth.claim(kept is not None, f"{contract_id}: its signed document is not kept")
            own = kept is None or kept == PDF + str(contract_id).encode()
            self._truth.claim(own, f"{contract_id}: another contract's document is kept")

    def _news(self) -> None:
        """Whatever a link keeps as news was told; and what happens to a contract once was told once."""
        told = self._world.told
        for contract_id, partition in self._world.store.partitions.items():
            link = partition.link
            if link is None:
                continue
            self._truth.claim(self._world.notifies is not Notify.OFF or not link.news, f"{contract_id}: has news")
            for one in link.news:
                self._truth.claim(one.id in told, f"{contract_id}: nobody was told that it is {one.kind}")
            for kind in (NewsKind.SIGNED, NewsKind.DECLINED):
                times = sum(one.kind == kind for one in link.news)
                self._truth.claim(times <= 1, f"{contract_id}: {times} times {kind}")

    def _entries(self) -> dict[int, int]:
        return {contract_id: len(one.entries) for contract_id, one in self._world.store.partitions.items()}

    def _queue_is_empty(self) -> None:
        store = self._world.store
        left = set()
        for message in (*store.queue.messages.values(), *store.poison.messages.values()):
            job = _job_of(message.text)
            if job is not None and job.installation == ANOTHER:
                left.add(job.correlation_id)
                continue
            self._truth.claim(False, f"a message is left: {message.text[:120]}")
        for mark in self._world.foreign - left:
            self._truth.claim(False, f"another installation's message {mark} is gone")
        for letter in store.letters.values():
            broken = letter.contract_id is not None and not self._lives(letter.contract_id)
            unclear = isinstance(letter.job, CreationJob)
            self._truth.claim(broken or unclear, f"a dead letter is left: {letter.cause} {letter.reason} {letter.job}")

    # --- history ------------------------------------------------------------------------------------------------------

    def _history(self, contract_id: int) -> None:
        """Gapless, unaltered, and it leads to the stored base."""
        partition = self._world.store.partition(contract_id)
        entries = [partition.entries[number] for number in sorted(partition.entries)]
        for problem in breaks(entries, partition.checkpoint):
            self._truth.claim(False, f"{contract_id}: {problem}")
        if partition.link is None:
            return
        known = entries[-1].number if entries else partition.checkpoint.number if partition.checkpoint else 0
        self._truth.claim(partition.link.history_count == known, f"{contract_id}: the newest entries are missing")
        self._truth.claim(partition.intent is None, f"{contract_id}: an intent is left")
        led_to = {key: halves_of(one) for key, one in rebuilt(entries, partition.checkpoint).items()}
        stored = {key: halves_of(one.to_json()) for key, one in partition.bases.items()}
        for key in stored.keys() | led_to.keys():
            there, told = stored.get(key), led_to.get(key)
            self._truth.claim((there or None) == (told or None), f"{contract_id} {key}: base {there}, history {told}")

    def _kept(self, one: Overwrite) -> None:
        """Whatever was overwritten is in the history."""
        if one.contract_id in self._truth.erased:
            return
        if is_stored_form(one.before, one.after):
            return  # our own write, which came twice to a vendor that trims: nothing was lost
        lines = self._lines(one.contract_id, one.side, one.key)
        if any((line.before or "") == one.before and line.kind in _KEPT for line in lines):
            if one.unseen:
                self._truth.window["found in the events"] += 1
            return
        deleted = one.contract_id not in self._world.account.state.contracts  # and its log with it
        if one.unseen and any(line.kind == "unknown" or (deleted and line.kind == "unclear") for line in lines):
            self._truth.window["cannot be known, as the history says"] += 1
            return
        not_done = any(line.kind == "not_done" and (line.before or "") == one.before for line in lines)
        if not_done and (one.side == "dynamics" or any(line.kind == "unknown" for line in lines)):
            # "A side that shows its 'from': not done" (ruling 1): it was back there before anybody looked. Oneflow's
            # events tell of it where they carry values; where they do not, the history says that it cannot be known.
            self._truth.window["overwritten, and back when it was looked at"] += 1
            return
        if one.unseen and self._ended(one):
            self._truth.window["unlinked before the events were searched"] += 1
            return
        where = f"{one.contract_id} {one.key} in {one.side} at {one.at:.1f}"
        how = "unseen" if one.unseen else "seen"
        self._truth.claim(False, f"{where}: {one.before!r}, {how}, was overwritten by {one.after!r}: no history")

    def _ended(self, one: Overwrite) -> bool:
        """Whether somebody ended the link since the write."""
        entries = self._world.store.partition(one.contract_id).entries.values()
        return any(entry.action == "unlink" and _time(entry, self._world) >= one.at - 2 for entry in entries)

    def _lines(self, contract_id: int, side: str, key: str) -> list[HistoryLine]:
        entries = self._world.store.partition(contract_id).entries.values()
        return [line for entry in entries for line in entry.fields if line.side == side and key_of(line) == key]

    # --- links --------------------------------------------------------------------------------------------------------

    def _linked(self, contract_id: int) -> bool:
        return self._world.store.partition(contract_id).link is not None

    def _lives(self, contract_id: int) -> bool:
        """Both sides of the link are there."""
        link = self._world.store.partition(contract_id).link
        there = contract_id in self._world.account.state.contracts
        return link is not None and there and link.record_id in self._world.dataverse.rows["opportunity"]

    def _link(self, contract_id: int) -> None:
        opened = self._opened(contract_id)
        lives, status = self._lives(contract_id), opened.link.status
        if not lives:
            self._truth.claim(status == "broken" and bool(opened.link.reason), f"{contract_id}: not shown as broken")
            return
        self._truth.claim(status == "active", f"{contract_id}: {status} although both sides are there")
        self._truth.claim(opened.link.lock is None, f"{contract_id}: locked for ever")
        scene = self._scene(opened)
        for row in scene.mapping.fields:
            if row.direction is not Direction.SYNC_ONCE:
                seen = view(scene, row)
                why = self._why(scene, seen)
                self._truth.claim(why is not None, f"{contract_id} {row.key}: the sides differ and nothing says why")
        link = opened.link
        card = Counts(link.waiting_for_push, link.not_agreed, link.conflicts, link.refused)
        sync = self._world.processes[0].sync
        shown = Cause("preview", MACHINE)
        for breach in breaches(scene, card, lambda action: sync.preview(contract_id, SyncRequest(action, shown))):
            self._truth.claim(False, f"{contract_id}: {breach}")

    def _why(self, scene: Scene, seen: View) -> str | None:
        """Why the two sides of a field may differ; "agreed" where they do not; None where they should not."""
        if seen.problem is not None:
            return "refused with a reason"
        if seen.same or seen.is_other_form:
            return "agreed"
        if seen.base.halves is None:
            return "not yet agreed" if seen.row.direction is not Direction.TWO_WAY else None
        if self._asks(scene, seen):
            return "in a conflict"
        if not seen.base.halves.agreed and not seen.oneflow_changed and not seen.dynamics_changed:
            return "not yet agreed"
        one_way = seen.row.direction is Direction.DYNAMICS_TO_ONEFLOW
        refusal = seen.base.refusal  # the situation's are over by now, so what they refused has to arrive
        if (refusal is not None and refusal.of_value) or seen.base.reported is not None:
            return "refused with a reason"
        if seen.oneflow_changed and not one_way and not seen.dynamics_changed:
            return None
        if seen.dynamics_changed:
            free = scene.mapping.auto_push and scene.contract.state.writable and not scene.contract.signature_given
            return None if free else "waiting for a push"
        return "one-way" if one_way else self._settled_apart(scene.contract.id, seen.row)

    def _settled_apart(self, contract_id: int, row: FieldMapping) -> str | None:
        """An undo put one side back and settled the other as it is."""
        entries = self._world.store.partition(contract_id).entries
        last = last_settled_by([entry for _, entry in sorted(entries.items())], row.key)
        apart = last in (Action.UNDO, Action.CREATE) or contract_id in self._truth.erased
        return "settled apart" if apart else None

    @staticmethod
    def _asks(scene: Scene, seen: View) -> bool:
        both = seen.row.direction is Direction.TWO_WAY and seen.oneflow_changed and seen.dynamics_changed
        return both and scene.mapping.policy_of(seen.row) is ConflictPolicy.ASK

    def _opened(self, contract_id: int) -> OpenLink:
        opened = self._world.processes[0].links.open(contract_id)
        assert opened is not None
        return opened

    def _scene(self, opened: OpenLink) -> Scene:
        process, mapping = self._world.processes[0], self._world.store.mappings["opportunity"]
        columns = [row.dynamics_column for row in mapping.fields]
        record = process.records.read("opportunity", opened.link.record_id, columns, MACHINE)
        contract = process.contracts.read(opened.link.contract_id, MACHINE, opened.link.field_ids)
        return Scene(mapping, process.records.columns("opportunity"), contract, record, opened.bases)

    # --- edits --------------------------------------------------------------------------------------------------------

    def _edit(self, edit: Edit) -> None:
        what = self._became(edit)
        self._truth.claim(what is not None, f"edit {edit} is not accounted for")
        self.accounted[what or "lost"] += 1

    def _became(self, edit: Edit) -> str | None:
        return fate_of(self._world, self, edit)

    def why(self, contract_id: int, name: str) -> str | None:
        """Why the field or column differs, or "agreed"."""
        if contract_id not in self._scenes:
            try:
                self._scenes[contract_id] = self._scene(self._opened(contract_id))
            except (Gone, SyncError):
                self._scenes[contract_id] = None
        scene = self._scenes[contract_id]
        if scene is None:
            return "the link is broken"
        row = next((one for one in scene.mapping.fields if name in (one.key, one.dynamics_column)), None)
        if row is None or row.direction is Direction.SYNC_ONCE:
            return "not for sync"
        return self._why(scene, view(scene, row))

    # --- creations ----------------------------------------------------------------------------------------------------

    def _creations(self) -> None:
        """Never made twice; and what was made is linked, or listed for a person. A stranger's is nobody's of ours."""
        world = self._world
        for stranger in world.strangers:
            taken = any(entry.action == Action.CREATE for entry in world.store.partition(stranger).entries.values())
            self._truth.claim(not taken, f"{stranger} is a stranger's and was taken for our own")
        for _, request, _ in world.crowd.created:
            named = [one for one in world.account.state.contracts.values() if one.name == request.name]
            made = [one for one in named if one.id not in world.strangers]
            self._truth.claim(len(made) <= 1, f"{request.name} was made {len(made)} times")
            for contract in made:
                if contract.id in world.strangers:
                    continue
                known = world.store.partition(contract.id)
                was_linked = bool(known.entries) or known.checkpoint is not None
                listed = any(contract.id in one.candidates for one in world.store.creations.values())
                self._truth.claim(was_linked or listed, f"{request.name} was made and nobody knows of it")


def _job_of(text: str) -> Job | None:
    try:
        return parsed_job(text)
    except Unreadable:
        return None


def _time(entry: HistoryEntry, world: World) -> float:
    """Within the most that a process's clock is off."""
    return world.scheduler.seconds(datetime.fromisoformat(entry.at)) + MOST_SKEW
