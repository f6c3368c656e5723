"""How a link stands, for whoever looks at all of them: in step, or what it waits for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from sync_core.engine.model.link import Link
from sync_core.engine.model.words import ContractState


class Standing(StrEnum):
    """The gravest first: a link has the first one that is true of it."""

    BROKEN = "broken"
    PAUSED = "paused"
    NEEDS_DECISION = "needs_decision"  # in conflict or not yet agreed; or unlike a closed contract
    REFUSED = "refused"
    WAITING_FOR_PUSH = "waiting_for_push"
    IN_STEP = "in_step"


# What stays until a person does something about it.
FOR_A_PERSON = (Standing.BROKEN, Standing.NEEDS_DECISION, Standing.REFUSED)


_UNKNOWN = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Listing:
    """A link's place in the lists of links. `name`: the contract's, to be searched by."""

    contract_id: int
    entity: str
    standing: Standing
    since: datetime
    name: str = ""


def standing_of(link: Link) -> Standing:
    if link.status == "broken":
        return Standing.BROKEN
    if link.status == "paused":
        return Standing.PAUSED
    closed = not ContractState(link.state).writable
    if link.conflicts or link.not_agreed or (closed and link.waiting_for_push):
        return Standing.NEEDS_DECISION
    if link.refused:
        return Standing.REFUSED
    return Standing.WAITING_FOR_PUSH if link.waiting_for_push else Standing.IN_STEP


def stood(link: Link, now: datetime) -> Link:
    """The link with how it stands, and since when."""
    standing = str(standing_of(link))
    if link.standing == standing and link.standing_since is not None:
        return link
    return replace(link, standing=standing, standing_since=now.replace(microsecond=0))


def listing_of(link: Link) -> Listing | None:
    """None for a link of before links were listed, until it is looked at again or the slow sweep comes by."""
    if link.standing is None or link.standing_since is None:
        return None
    return Listing(link.contract_id, link.entity, Standing(link.standing), link.standing_since, link.name)


def moved(before: Link | None, now: Link) -> tuple[Listing | None, Listing | None]:
    """The row that the link needs in the lists, where it is not there already; and the one that it leaves behind."""
    # One that was never told how it stands may have been listed by the slow sweep.
    old, new = listing_of(stood(before, _UNKNOWN)) if before else None, listing_of(now)
    if old == new or new is None:
        return None, None
    left = old is not None and (old.standing, old.entity) != (new.standing, new.entity)
    return new, old if left else None
