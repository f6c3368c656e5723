"""Plays a script's steps: each number chooses among what there is at that moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.dataverse import seed
from sandbox.dataverse.problems import Problem
from sandbox.oneflow.account.people import NotPossible
from sandbox.oneflow.account.seed import SALES, SELLER
from sync_core.engine.model.words import ConflictPolicy, Side
from sync_core.errors import Invalid
from tests.torture.dynamics import put_back
from tests.torture.mapping import KEY_OF, TWO_WAY
from tests.torture.script import Step

if TYPE_CHECKING:
    from tests.torture.process import Process
    from tests.torture.world import World


class Player:
    def __init__(self, world: World) -> None:
        self._world, self._operations = world, 0
        self._kept_tables = dict(world.dataverse.tables)

    def play(self, script: Sequence[Step]) -> None:
        for step in script:
            self._world.scheduler.sleep(step.after)
            numbers = (*step.numbers, 0, 0, 0)
            try:
                getattr(self, f"_{step.what}")(*(step.words or numbers[:3]), *(numbers[:1] if step.words else ()))
            except (NotPossible, Problem, KeyError):
                continue  # nobody can do that now

    # --- which --------------------------------------------------------------------------------------------------------

    def _contract(self, number: int) -> int:
        contracts = list(self._world.account.state.contracts)
        if not contracts:
            raise KeyError("there is no contract any more")
        return contracts[number % len(contracts)]

    def _record(self, number: int) -> str:
        return self._world.records[number % len(self._world.records)]

    def _record_of(self, contract_id: int) -> str:
        link = self._world.store.partition(contract_id).link
        return link.record_id if link else self._world.records[0]

    # --- faults -------------------------------------------------------------------------------------------------------

    def _fault(self, kind: str, step: str, skip: int) -> None:
        self._world.faults.arm(kind, step, skip)

    def _fault_timeout_create(self, a: int, b: int, c: int) -> None:
        self._world.faults.arm("timeout_done", "oneflow.create")

    def _fault_refused_create(self, a: int, b: int, c: int) -> None:
        self._world.faults.arm("refused", "oneflow.create")

    def _fault_unreadable(self, a: int, b: int, c: int) -> None:
        self._world.faults.arm("poison_unreadable", "queue.get")

    def _fault_poison(self, a: int, b: int, c: int) -> None:
        self._world.faults.arm(("poison_unreadable", "poison_crasher")[a % 2], "queue.get")

    def _fault_edited(self, a: int, b: int, c: int) -> None:
        self._world.faults.arm("edited_meanwhile", "oneflow.write")

    def _kill(self, a: int, b: int, c: int) -> None:
        process = self._world.any_process()
        if process is not None:
            self._world.scheduler.spawn(process.die_now, process, "killed")

    def _wait(self, a: int, b: int, c: int) -> None: ...

    # --- typing -------------------------------------------------------------------------------------------------------

    def _edit_oneflow(self, a: int, b: int, c: int) -> None:
        self._world.crowd.edit_oneflow(self._contract(a), self._world.crowd.field(b))

    def _edit_two_fields(self, a: int, b: int, c: int) -> None:
        keys = [key for _, key in TWO_WAY]
        del keys[b % len(keys)]
        self._world.crowd.edit_oneflow(self._contract(a), *keys)

    def _clear_oneflow(self, a: int, b: int, c: int) -> None:
        self._world.crowd.edit_oneflow(self._contract(a), self._world.crowd.field(b), text="")

    def _bad_oneflow(self, a: int, b: int, c: int) -> None:
        crowd = self._world.crowd
        crowd.edit_oneflow(self._contract(a), crowd.count_field(), text=f"o{crowd.number()} pieces")

    def _edit_dynamics(self, a: int, b: int, c: int) -> None:
        self._world.crowd.edit_dynamics(self._record(a), self._world.crowd.column(b))

    def _edit_two_columns(self, a: int, b: int, c: int) -> None:
        crowd = self._world.crowd
        crowd.edit_dynamics(self._record(a), *dict.fromkeys((crowd.column(b), crowd.column(b + 1 + c))))

    def _clear_dynamics(self, a: int, b: int, c: int) -> None:
        self._world.crowd.edit_dynamics(self._record(a), self._world.crowd.column(b), clear=True)

    # --- the product's buttons ----------------------------------------------------------------------------------------

    def _push(self, a: int, b: int, c: int) -> None:
        self._world.crowd.push(self._contract(a), confirm=b % 3 == 0)

    def _previewed_push(self, a: int, b: int, c: int) -> None:
        self._world.crowd.previewed_push(self._contract(a))

    def _push_record(self, a: int, b: int, c: int) -> None:
        self._world.crowd.push_record(self._record(a))

    def _fetch(self, a: int, b: int, c: int) -> None:
        self._world.crowd.fetch(self._contract(a))

    def _keep(self, a: int, b: int, c: int) -> None:
        self._world.crowd.keep(self._contract(a), b, list(Side)[c % 2])

    def _undo(self, a: int, b: int, c: int) -> None:
        self._world.crowd.undo(self._contract(a), b)

    def _create(self, a: int, b: int, c: int) -> None:
        self._world.crowd.create(self._record(a))

    def _create_again(self, a: int, b: int, c: int) -> None:
        self._world.crowd.create(self._record(a), again=True)

    def _create_beside(self, a: int, b: int, c: int) -> None:
        self._world.crowd.create_beside(self._record(a), b % 2 == 0, ("timeout", "timeout_done")[c % 2])

    def _look_at_history(self, a: int, b: int, c: int) -> None:
        self._world.crowd.look_at_history(self._contract(a))

    def _out_of_reach(self, a: int, b: int, c: int) -> None:
        """A seller's roles no longer reach the record, which is another unit's now."""
        self._world.dataverse_people.put_out_of_reach(seed.SELLER, self._record(a))

    def _hours(self, a: int, b: int, c: int) -> None:
        """A night or a weekend passes: whatever is broken, the number of messages stays bounded."""
        world, every = self._world, self._world.timer_every
        links = sum(1 for one in world.store.partitions.values() if one.link is not None)
        before = len(world.store.queue.messages)
        world.timer_every = 1800.0
        world.scheduler.sleep((2 + a % 58) * 3600.0)
        world.timer_every = every
        after = len(world.store.queue.messages) + len(world.store.poison.messages)
        most = max(before, 4 * links) + 10
        world.truth.claim(after <= most, f"{after} messages for {links} links after hours, {before} before")

    def _link(self, a: int, b: int, c: int) -> None:
        self._world.crowd.link(self._record(a), self._contract(b), move=False)

    def _move(self, a: int, b: int, c: int) -> None:
        contract_id = self._contract(b)
        other = [one for one in self._world.records if one != self._record_of(contract_id)]
        self._world.crowd.link(other[0], contract_id, move=True)

    def _unlink(self, a: int, b: int, c: int) -> None:
        contract_id = self._contract(a)
        self._world.crowd.unlink(self._record_of(contract_id), contract_id)

    def _message_push(self, a: int, b: int, c: int) -> None:
        contract_id = self._contract(a)
        self._operations += 1
        self._world.crowd.message_push(self._record_of(contract_id), contract_id, f"operation-{self._operations}")

    def _mapping(self, a: int, b: int, c: int) -> None:
        """An administrator changes their mind: the switch, or the policy."""
        known = self._world.store.mappings["opportunity"]
        policy = list(ConflictPolicy)[b % 3]
        changed = replace(known, auto_push=not known.auto_push) if a % 2 else replace(known, conflict_policy=policy)

        self._world.crowd.press(lambda process: process.mappings.put(changed, known.etag), "mapping")

    def _replay(self, a: int, b: int, c: int) -> None:
        def act(process: Process) -> None:
            letters, _ = process.dead_letters.list(None)
            for letter in letters:
                try:
                    process.dead_letters.replay(letter["id"])
                except Invalid:
                    process.dead_letters.discard(letter["id"])

        self._world.crowd.press(act, "replay")

    def _erase(self, a: int, b: int, c: int) -> None:
        contract_id = self._contract(a)
        self._world.truth.erased.add(contract_id)
        self._world.crowd.press(lambda process: process.history.erase(contract_id), "erase")

    # --- states -------------------------------------------------------------------------------------------------------

    def _publish(self, a: int, b: int, c: int) -> None:
        self._world.oneflow_people.publish(self._contract(a))

    def _sign(self, a: int, b: int, c: int) -> None:
        self._world.oneflow_people.sign(self._contract(a))

    def _sign_all(self, a: int, b: int, c: int) -> None:
        self._world.oneflow_people.sign_all(self._contract(a))

    def _decline(self, a: int, b: int, c: int) -> None:
        self._world.oneflow_people.decline(self._contract(a))

    def _expire(self, a: int, b: int, c: int) -> None:
        self._world.oneflow_people.expire(self._contract(a))

    def _revive(self, a: int, b: int, c: int) -> None:
        self._world.oneflow_people.revive(self._contract(a))

    def _delete_contract(self, a: int, b: int, c: int) -> None:
        self._world.oneflow_people.delete(self._contract(a))

    def _delete_record(self, a: int, b: int, c: int) -> None:
        self._world.dataverse.delete("opportunity", self._record(a), seed.COLLEAGUE)

    def _close_record(self, a: int, b: int, c: int) -> None:
        self._world.dataverse.write("opportunity", self._record(a), {"statecode": 1, "statuscode": 3}, seed.COLLEAGUE)

    def _open_record(self, a: int, b: int, c: int) -> None:
        self._world.dataverse.write("opportunity", self._record(a), {"statecode": 0, "statuscode": 1}, seed.COLLEAGUE)

    def _lose_right(self, a: int, b: int, c: int) -> None:
        world = self._world
        if a % 3 == 0:
            world.oneflow_people.change_user(SELLER, may_write=False)
        elif a % 3 == 1:
            world.oneflow_people.change_user(SELLER, workspace_ids=())
        else:
            user = (seed.APPLICATION, seed.SELLER)[b % 2]
            world.dataverse_people.take_right(user, ("WriteAccess", "ReadAccess")[c % 2])

    def _rename_column(self, a: int, b: int, c: int) -> None:
        """The column lives on under another name, values and all."""
        world = self._world
        column = list(KEY_OF)[a % 3]
        table = world.dataverse.tables["opportunity"]
        if column not in table.attributes:
            return
        attributes = dict(table.attributes)
        attributes[f"{column}_old"] = replace(attributes.pop(column), name=f"{column}_old")
        world.dataverse.tables["opportunity"] = replace(table, attributes=attributes)

    def _secure_column(self, a: int, b: int, c: int) -> None:
        world = self._world
        column = list(KEY_OF)[a % 3]
        table = world.dataverse.tables["opportunity"]
        if column in table.attributes:
            attributes = {**table.attributes, column: replace(table.attributes[column], secured=True)}
            world.dataverse.tables["opportunity"] = replace(table, attributes=attributes)

    def _swap_template(self, a: int, b: int, c: int) -> None:
        """The contract has other data fields: one of ours is missing."""
        world = self._world
        contract = world.account.state.contracts[self._contract(a)]
        fields = tuple(field for field in contract.fields if field.custom_id != world.crowd.field(b))
        world.account.state.contracts[contract.id] = replace(contract, fields=fields)
        world.swapped.add(contract.id)

    # --- after the faults ---------------------------------------------------------------------------------------------

    def mend(self) -> None:
        """Rights come back, columns get their names back and are read again; what was deleted stays deleted."""
        world = self._world
        world.oneflow_people.change_user(SELLER, may_write=True, workspace_ids=(SALES, SALES + 1))
        world.dataverse_people.give_rights()
        world.dataverse.tables = put_back(self._kept_tables, world.dataverse.tables)
