"""What people do: type on either side, sign, delete, and press the product's buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.dataverse import seed
from sandbox.dataverse.problems import Problem
from sandbox.oneflow.account import drafting, model
from sandbox.oneflow.account.people import COLLEAGUE, COUNTERPARTY, NotPossible
from sandbox.oneflow.account.seed import FRAME_TEMPLATE, SALES, SELLER
from sync_core.engine.deciding.verdict import Keep
from sync_core.engine.model.actor import Actor, Cause
from sync_core.engine.model.words import Action, Side
from sync_core.errors import SyncError
from sync_core.usecases.people.create_contract import NewContractRequest
from sync_core.usecases.people.messages import asked
from sync_core.usecases.sync.request import KeepRequest, SyncRequest
from tests.torture.mapping import COUNT, TWO_WAY, columns_of, text_for
from tests.torture.schedule import Crash

if TYPE_CHECKING:
    from tests.torture.process import Process
    from tests.torture.world import World

KARI = Actor(seed.SELLER_OID, seed.SELLER_EMAIL, seed.SELLER, "Kari Seller")
_OF_TEXT = ("name", "description")
_PARTIES: Sequence[dict[str, Any]] = (
    {"type": "company", "name": "Nordlys AS", "participants": [{"name": "Ola", "email": "ola@nordlys.example"}]},
)


class Crowd:
    """`edit_...` and `sign` are also what faults do in the middle of a request."""

    def __init__(self, world: World) -> None:
        self._world, self._typed = world, 0
        self.created: list[tuple[str, NewContractRequest, bool]] = []  # record, request, whether a contract is due

    # --- typing -------------------------------------------------------------------------------------------------------

    def number(self) -> int:
        self._typed += 1
        return self._typed

    def edit_oneflow(self, contract_id: int, *keys: str, text: str | None = None) -> bool:
        world = self._world
        contract = world.account.state.contracts.get(contract_id)
        if contract is None:
            return False
        names = {one.custom_id.casefold(): one.custom_id for one in contract.fields}
        wanted = [key for key in keys if key in names]
        texts = {key: text_for("o", key, self.number()) if text is None else text for key in wanted}
        who = COUNTERPARTY if contract.state == "pending" else COLLEAGUE
        try:
            world.oneflow_people.set_fields(contract_id, {names[key]: text for key, text in texts.items()}, who)
        except (NotPossible, KeyError):
            return False
        for key, typed in texts.items():
            world.truth.typed("oneflow", contract_id, key, typed)
        return bool(texts)

    def edit_dynamics(self, record_id: str, *columns: str, clear: bool = False) -> bool:
        world = self._world
        schema = world.dataverse.tables["opportunity"].attributes
        wanted = [column for column in columns if column in schema]
        texts = {column: "" if clear else text_for("d", column, self.number()) for column in wanted}
        if world.trims:
            texts = {column: text + " " if column in _OF_TEXT and text else text for column, text in texts.items()}
        values: dict[str, Any] = {column: text or None for column, text in texts.items()}
        try:
            world.dataverse.write("opportunity", record_id, values, seed.COLLEAGUE)
        except Problem:
            return False
        for column, text in texts.items():
            world.truth.typed("dynamics", record_id, column, text)
        return bool(texts)

    def sign(self, contract_id: int) -> bool:
        return self._oneflow(lambda people: people.sign(contract_id))

    def delete_contract(self, contract_id: int) -> bool:
        return self._oneflow(lambda people: people.delete(contract_id))

    def _oneflow(self, act: Callable[[Any], object]) -> bool:
        try:
            act(self._world.oneflow_people)
        except (NotPossible, KeyError):
            return False
        return True

    # --- the product's buttons ----------------------------------------------------------------------------------------

    def press(self, act: Callable[[Process], object], name: str, **notes: Any) -> None:
        """In a process that is up; what goes wrong is shown to the person, who does nothing about it."""
        world = self._world
        process = world.any_process()
        if process is None:
            return

        def run() -> None:
            try:
                act(process)
            except SyncError:
                pass
            except Crash:
                process.alive = process.alive  # the process dies with its request
                raise

        task = world.scheduler.spawn(run, process, name)
        task.notes |= notes

    def push(self, contract_id: int, confirm: bool) -> None:
        request = SyncRequest(Action.PUSH, Cause("push", KARI), confirm_signature_reset=confirm)
        self.press(lambda process: process.sync.run(contract_id, request), "push", confirmed=confirm)

    def previewed_push(self, contract_id: int) -> None:
        def act(process: Process) -> None:
            request = SyncRequest(Action.PUSH, Cause("push", KARI))
            plan = process.sync.preview(contract_id, request)
            process.sync.run(contract_id, replace(request, plan_id=plan.plan_id))

        self.press(act, "previewed push")

    def fetch(self, contract_id: int) -> None:
        request = SyncRequest(Action.FETCH, Cause("fetch", KARI))
        self.press(lambda process: process.sync.run(contract_id, request), "fetch")

    def push_record(self, record_id: str) -> None:
        self.press(lambda process: process.push_record.run("opportunity", record_id, KARI, ()), "push record")

    def keep(self, contract_id: int, which: int, side: Side) -> None:
        def act(process: Process) -> None:
            listed = process.repair.conflicts(contract_id, KARI)
            if listed:
                one = listed[which % len(listed)]
                process.repair.keep(
                    contract_id, KeepRequest(one["oneflow_field"], one["conflict_id"], Keep(side)), KARI
                )

        self.press(act, "keep")

    def undo(self, contract_id: int, which: int) -> None:
        def act(process: Process) -> None:
            entries, _ = process.links.history(contract_id, limit=8)
            if entries:
                process.repair.undo(contract_id, entries[which % len(entries)].entry_id, KARI)

        self.press(act, "undo")

    def create(self, record_id: str, again: bool = False) -> None:
        if again and self.created:
            record_id, request, _ = self.created[-1]
        else:
            number = len(self.created) + 1
            request = NewContractRequest(FRAME_TEMPLATE, SALES, f"Agreement no {number}", tuple(_PARTIES), f"k{number}")
            self.created.append((record_id, request, True))
        self.press(lambda process: process.create.run("opportunity", record_id, request, KARI), "create")

    def create_beside(self, record_id: str, earlier: bool, kind: str) -> None:
        """Its answer gets lost, and a colleague makes a contract of the same name at about the same time."""
        world, name = self._world, f"Agreement no {len(self.created) + 1}"
        world.faults.arm(kind, "oneflow.create")
        if earlier:
            self.stranger(name)
        self.create(record_id)
        if not earlier:
            world.scheduler.sleep(1.0)
            self.stranger(name)

    def stranger(self, name: str) -> None:
        account = self._world.account
        user = account.user(SELLER)
        assert user is not None
        at, template = account.now(), account.state.templates[FRAME_TEMPLATE]
        us = drafting.person(account, {"name": user.name, "email": user.email, "organizer": True}, user.email)
        them = drafting.person(account, _PARTIES[0]["participants"][0])
        parties = (
            model.Party(account.next_id("party"), "company", "Us", at, at, (us,), my_party=True),
            model.Party(account.next_id("party"), "company", "Nordlys AS", at, at, (them,)),
        )
        made = drafting.draft(account, user, template, SALES, name, {}, parties, "app")
        self._world.strangers.add(made.id)
        self._world.faults.meet("stranger_of_the_name", "oneflow.create")

    def look_at_history(self, contract_id: int) -> None:
        """What is shown was written for records that this person may read."""
        world = self._world
        security, table = world.dataverse.security, world.dataverse.tables["opportunity"]
        assert KARI.user_id

        def hidden() -> set[str]:
            rows = world.dataverse.rows["opportunity"].values()
            return {row.id for row in rows if not security.may(KARI.user_id or "", table, "Read", row)}

        def act(process: Process) -> None:
            before = hidden()
            told = process.cards.history(contract_id, KARI, None)["entries"]
            still = before & hidden()
            records = {one.entry_id: one.record for one in world.store.partition(contract_id).entries.values()}
            for entry in told:
                record = records.get(entry["entry_id"])
                shows = record is not None and record[1] in still
                world.truth.claim(not shows, f"{contract_id}: an entry of a hidden record is shown")

        self.press(act, "look at history")

    def link(self, record_id: str, contract_id: int, move: bool) -> None:
        self.press(lambda process: process.link.link("opportunity", record_id, contract_id, KARI, move), "link")

    def unlink(self, record_id: str, contract_id: int) -> None:
        self.press(lambda process: process.link.unlink("opportunity", record_id, contract_id, KARI), "unlink")

    def message_push(self, record_id: str, contract_id: int, operation: str) -> None:
        """The button in Dynamics, whose event may come twice."""
        event = Pressed("ofs_PushUpdates", "opportunity", record_id, operation, seed.SELLER_OID,
                        {"ContractId": contract_id})  # fmt: skip
        for _ in range(2):
            self.press(lambda process: process.messages.carry_out(asked(event)), "message")

    # --- names --------------------------------------------------------------------------------------------------------

    @staticmethod
    def field(number: int) -> str:
        return TWO_WAY[number % len(TWO_WAY)][1]

    @staticmethod
    def column(number: int) -> str:
        columns = columns_of()
        return columns[number % len(columns)]

    @staticmethod
    def count_field() -> str:
        return COUNT[1]


class Pressed:
    """A Custom API's event, as the adapter reads it."""

    def __init__(self, message: str, entity: str, record_id: str, operation_id: str, user: str, given: Any) -> None:
        self.message, self.entity, self.record_id = message, entity, record_id
        self.operation_id, self.initiating_user, self.initiating_user_id = operation_id, user, None
        self.parameters = given
