"""Every link by how it stands: lists, counts, and what an administrator does about many at once."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

from sync_core.engine.model.instants import instant_text
from sync_core.engine.model.link import Link
from sync_core.engine.model.standing import Listing, Standing, standing_of
from sync_core.errors import Busy, SyncError
from sync_core.usecases.jobs.dead_letters import DeadLetterBox
from sync_core.usecases.jobs.reconcile import LINKS_COUNTED
from sync_core.usecases.ports import Clock
from sync_core.usecases.stores import Due, Links, Marks, Standings
from sync_core.usecases.sync.close import Closer
from sync_core.usecases.sync.open import Opener, no_link

log = logging.getLogger(__name__)

_PAGE = 50
_NUMBER = re.compile(r"\d{1,15}", re.ASCII)  # of a contract
_LETTERS = 20  # pages of dead letters that are looked through for those of some contracts


class LinkDesk:
    """`pool` reads the links of a page side by side."""

    def __init__(
        self,
        links: Links,
        standings: Standings,
        due: Due,
        marks: Marks,
        opener: Opener,
        closer: Closer,
        letters: DeadLetterBox,
        clock: Clock,
        pool: Executor,
        contract_url: Callable[[int], str],
        record_url: Callable[[str, str], str],
    ) -> None:
        self._links, self._standings, self._due, self._marks = links, standings, due, marks
        self._opener, self._closer, self._letters, self._clock = opener, closer, letters, clock
        self._pool, self._contract_url, self._record_url = pool, contract_url, record_url

    def page(
        self, standing: Standing | None, entity: str | None, wanted: str | None, after: str | None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Links that stand so (None: all, the gravest first), of one table or all. `wanted`: a contract's number, or a
        part of its name. At most a page of links is opened, whatever there is."""
        if wanted is not None and _NUMBER.fullmatch(wanted):
            found = self._one(int(wanted))
            return ([self._shown(found)] if found and _fits(found, standing, entity) else []), None
        listings, following = self._standings.page(standing, entity, wanted, after, _PAGE)
        asked = [self._pool.submit(self._one, listing.contract_id) for listing in listings]
        pairs = zip(listings, (future.result() for future in asked), strict=True)
        # A row whose link stands otherwise by now means nothing: the link has another row.
        return [self._shown(link) for listing, link in pairs if link and _is_so(listing, link)], following

    def summary(self) -> dict[str, Any]:
        """How many links of each table stand how. Where there are more than a thousand, the slow sweep's last count
        helps out: `at_least` names those, `counted_at` says when that was."""
        counts, more = self._standings.counts()
        swept = json.loads(self._marks.all().get(LINKS_COUNTED, "{}"))
        known: Mapping[str, int] = swept.get("counts", {})
        entities = {entity for _, entity in counts}
        if more:
            entities |= {key.partition("/")[0] for key in known}
        return {
            "entities": [
                {
                    "entity": entity,
                    "counts": {str(one): self._count(counts, known, more, one, entity) for one in Standing},
                }
                for entity in sorted(entities)
            ],
            "at_least": [str(one) for one in Standing if one in more],
            "counted_at": swept.get("at") if more else None,
        }

    @staticmethod
    def _count(
        counts: Mapping[tuple[Standing, str], int],
        swept: Mapping[str, int],
        more: frozenset[Standing],
        standing: Standing,
        entity: str,
    ) -> int:
        now = counts.get((standing, entity), 0)
        return max(now, swept.get(f"{entity}/{standing}", 0)) if standing in more else now

    def act(self, action: str, contract_ids: Sequence[int]) -> list[dict[str, Any]]:
        """Look again, end a pause, or replay what was given up, for each of these; one failing leaves the others."""
        act = {"look": self._look, "end_pause": self._end_pause, "replay": self._replay(contract_ids)}[action]
        results: list[dict[str, Any]] = []
        for contract_id in dict.fromkeys(contract_ids):
            try:
                results.append({"contract_id": contract_id, "done": act(contract_id), "reason": None})
            except SyncError as error:
                results.append({"contract_id": contract_id, "done": False, "reason": str(error)})
        log.info("links.acted action=%s links=%s", action, len(results))
        return results

    def _look(self, contract_id: int) -> bool:
        """The next sweep makes a job of it: within a minute."""
        if self._one(contract_id) is None:
            raise no_link(contract_id)
        self._due.put(contract_id, self._clock.now())
        return True

    def _end_pause(self, contract_id: int) -> bool:
        """False where it was not paused."""
        opened = self._opener.open(contract_id, wait=True)
        if opened.link.status != "paused":
            return False
        if opened.intent is not None:
            raise Busy("A sync of this contract was interrupted; choose Look again first.", retry_after=30)
        link = replace(opened.link, status="active", reason=None, paused_until=None, automatic_writes=())
        self._closer.store(opened, link, opened.bases, [])
        return True

    def _replay(self, contract_ids: Sequence[int]) -> Callable[[int], bool]:
        letters: dict[int, list[str]] | None = None

        def replay(contract_id: int) -> bool:
            nonlocal letters
            if letters is None:
                letters = self._letters_of(frozenset(contract_ids))
            for letter in letters.get(contract_id, ()):
                self._letters.replay(letter)
            return bool(letters.get(contract_id))

        return replay

    def _letters_of(self, contract_ids: frozenset[int]) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        after: str | None = None
        for _ in range(_LETTERS):
            page, after = self._letters.list(after)
            for one in page:
                if one["contract_id"] in contract_ids:
                    found.setdefault(one["contract_id"], []).append(one["id"])
            if after is None:
                break
        return found

    def _one(self, contract_id: int) -> Link | None:
        opened = self._links.open(contract_id)
        return opened.link if opened else None

    def _shown(self, link: Link) -> dict[str, Any]:
        return {
            "contract_id": link.contract_id,
            "name": link.name,
            "state": link.state,
            "entity": link.entity,
            "record_id": link.record_id,
            "status": str(standing_of(link)),
            "since": instant_text(link.standing_since) if link.standing_since else None,
            "reason": link.reason,
            "last_synced_at": instant_text(link.last_synced_at) if link.last_synced_at else None,
            "conflicts": link.conflicts,
            "not_agreed": link.not_agreed,
            "refused": link.refused,
            "waiting_for_push": link.waiting_for_push,
            "oneflow_url": self._contract_url(link.contract_id),
            "record_url": self._record_url(link.entity, link.record_id),
        }


def _fits(link: Link, standing: Standing | None, entity: str | None) -> bool:
    return standing in (None, standing_of(link)) and entity in (None, link.entity)


def _is_so(listing: Listing, link: Link) -> bool:
    return (standing_of(link), link.entity) == (listing.standing, listing.entity)
