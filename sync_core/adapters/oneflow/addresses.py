"""Under which e-mail a person acts in Oneflow: their own, or none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

from sync_core.engine.model.actor import Actor
from sync_core.errors import NoAccount
from sync_core.header_text import not_carried

AddressNow = Callable[[Actor], str | None]

NO_ADDRESS = (
    "Dynamics has no e-mail address for you, so nothing can be done in Oneflow in your name; ask for one there."
)
NOT_KNOWN = "Oneflow has no active user with your e-mail address."
NOT_SENDABLE = "Your e-mail address in Dynamics has a character that cannot be sent to Oneflow ({}); have it corrected."


class Addresses:
    """`now`: the person's address as Dynamics has it at this moment. `listed`: the addresses of Oneflow's users."""

    def __init__(self, now: AddressNow | None, listed: Callable[[], Iterable[str]]) -> None:
        self._now, self._listed = now, listed
        self._spelled: dict[str, str] = {}  # as Oneflow has them, where it takes no other capitals; by folded address
        self._guard = threading.Lock()

    def of(self, actor: Actor) -> Iterator[str]:
        """One after the other until Oneflow knows one: as it was last read, as it is now, as Oneflow spells it.
        NoAccount after the last, with what is to be mended."""
        seen: set[str] = set()
        address = ""
        for look in (_as_read, self._now or _as_read):
            address = (look(actor) or "").strip()
            sent = self._known(address)
            if sent and sent not in seen and not not_carried(sent):
                seen.add(sent)
                yield sent
        if not address:
            raise NoAccount(NO_ADDRESS, side="oneflow")
        character = not_carried(address)
        if character:
            raise NoAccount(NOT_SENDABLE.format(character), side="oneflow")
        spelled = self._listed_as(address)
        if spelled and spelled not in seen:
            yield spelled
        raise NoAccount(NOT_KNOWN, side="oneflow", status=401)

    def _known(self, address: str) -> str:
        with self._guard:
            return self._spelled.get(address.casefold(), address)

    def _listed_as(self, address: str) -> str | None:
        folded = address.casefold()
        found = next((one for one in self._listed() if one.casefold() == folded), None)
        if found is None or not_carried(found):
            return None
        with self._guard:
            self._spelled[folded] = found
        return found


def _as_read(actor: Actor) -> str | None:
    return actor.email
