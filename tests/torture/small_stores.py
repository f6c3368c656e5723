"""The smaller stores' ports in memory: creations, dead letters, operations, marks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sync_core.adapters.storage.dead_letters import letter_id_of
from sync_core.engine.model.jobs import Job
from sync_core.engine.model.link import Creation, DeadLetter
from sync_core.errors import Gone, VersionMoved
from tests.torture.schedule import whole_second

Answer = TypeVar("Answer")


class Io(Protocol):
    def __call__(self, step: str, act: Callable[[], Answer], writing: bool = False) -> Answer: ...


class MemoryCreations:
    def __init__(self, store: Any, io: Io) -> None:
        self._store, self._io = store, io

    def start(self, creation: Creation) -> Creation | None:
        def act() -> bool:
            if _key(creation) in self._store.creations:
                return False
            self._store.creations[_key(creation)] = creation
            return True

        if self._io("creation.start", act, True):
            return None
        return self.get(creation.entity, creation.record_id, creation.key)

    def finish(self, creation: Creation, contract_id: int, result: Mapping[str, Any]) -> None:
        self._put("creation.finish", replace(creation, contract_id=contract_id, result=result))

    def lost(self, creation: Creation) -> None:
        self._put("creation.finish", replace(creation, lost=True))

    def of_record(self, entity: str, record_id: str) -> Sequence[Creation]:
        mine, known = (entity, record_id), self._store.creations
        return self._io("creation.get", lambda: [one for key, one in known.items() if key[:2] == mine])

    def unclear(self, creation: Creation, candidates: Sequence[int]) -> None:
        self._put("creation.finish", replace(creation, candidates=tuple(candidates)))

    def forget(self, creation: Creation) -> None:
        self._io("creation.forget", lambda: self._store.creations.pop(_key(creation), None), True)

    def get(self, entity: str, record_id: str, key: str) -> Creation | None:
        found: Creation | None = self._io("creation.get", lambda: self._store.creations.get((entity, record_id, key)))
        return found

    def purge(self, before: datetime) -> int:
        return 0

    def _put(self, step: str, creation: Creation) -> None:
        self._io(step, lambda: self._store.creations.update({_key(creation): creation}), True)


class MemoryDeadLetters:
    def __init__(self, store: Any, io: Io) -> None:
        self._store, self._io = store, io

    def add(self, contract_id: int | None, cause: str, reason: str, job: Job | None) -> None:
        letter_id = letter_id_of(contract_id, cause, job)

        def act() -> None:
            now, known = whole_second(self._store.now()), self._store.letters.get(letter_id)
            count, first = (known.count + 1, known.first_at) if known else (1, now)
            self._store.letters[letter_id] = DeadLetter(letter_id, contract_id, cause, reason, count, first, now, job)

        self._io("letter.add", act, True)

    def close(self, contract_id: int) -> None:
        def act() -> None:
            for letter in [one for one in self._store.letters.values() if one.contract_id == contract_id]:
                del self._store.letters[letter.id]

        self._io("letter.drop", act, True)

    def list(self, after: str | None = None, limit: int = 50) -> tuple[Sequence[DeadLetter], str | None]:
        def act() -> tuple[Sequence[DeadLetter], str | None]:
            found = [self._store.letters[one] for one in sorted(self._store.letters) if after is None or one > after]
            return found[:limit], found[limit - 1].id if len(found) > limit else None

        return self._io("letter.read", act)

    def get(self, letter_id: str) -> DeadLetter | None:
        found: DeadLetter | None = self._io("letter.read", lambda: self._store.letters.get(letter_id))
        return found

    def discard(self, letter_id: str) -> bool:
        if self.get(letter_id) is None:
            return False
        self._io("letter.drop", lambda: self._store.letters.pop(letter_id, None), True)
        return True


class MemoryOperations:
    def __init__(self, store: Any, io: Io) -> None:
        self._store, self._io = store, io

    def result(self, operation_id: str) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = self._io("operation.begin", lambda: self._store.operations.get(operation_id))
        return found

    def listed(self, start: str) -> Sequence[Mapping[str, Any]]:
        def act() -> Sequence[Mapping[str, Any]]:
            found = sorted(self._store.operations.items())
            return [result for name, result in found if name.startswith(start) and result is not None]

        return self._io("operation.begin", act)

    def finish(self, operation_id: str, result: Mapping[str, Any]) -> None:
        self._io("operation.finish", lambda: self._store.operations.update({operation_id: result}), True)

    def change(self, operation_id: str, result: Mapping[str, Any], still: Callable[[Mapping[str, Any]], bool]) -> None:
        def act() -> None:
            if operation_id not in self._store.operations:
                raise Gone("nothing is there", side="storage")
            if not still(self._store.operations[operation_id]):
                raise VersionMoved("Somebody else came first.", side="storage")
            self._store.operations[operation_id] = result

        self._io("operation.finish", act, True)

    def forget(self, operation_id: str) -> None:
        self._io("operation.finish", lambda: self._store.operations.pop(operation_id, None), True)

    def purge(self, before: datetime) -> int:
        return 0


class MemoryMarks:
    def __init__(self, store: Any, io: Io) -> None:
        self._store, self._io = store, io

    def set(self, name: str, value: str) -> None:
        self._io("marks.write", lambda: self._store.marks.update({name: value}), True)

    def count(self, name: str) -> None:
        self.set(name, str(int(self.all().get(name) or "0") + 1))

    def drop(self, name: str) -> None:
        self._io("marks.write", lambda: self._store.marks.pop(name, None), True)

    def all(self) -> Mapping[str, str]:
        return self._io("marks.read", lambda: dict(self._store.marks))


def _key(creation: Creation) -> tuple[str, str, str]:
    return creation.entity, creation.record_id, creation.key
