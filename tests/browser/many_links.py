"""A hundred thousand links of one table, as storage holds them: those that a page opens are there, the others are rows
of the lists and the daily count."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sandbox.world import World
from sync_core.engine.model.link import Link
from sync_core.engine.model.standing import Listing, Standing, listing_of, stood
from sync_core.usecases.jobs.reconcile import LINKS_COUNTED

ENTITY = "account"
OPENED = 120
WHOLE = 100_000
_BASE = 800_000_000
_SINCE = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@contextmanager
def many_links(world: World) -> Iterator[None]:
    """120 that need a decision, all the others in step. Signed ones, which no sweep looks at."""
    services = world.services
    links, standings, marks = services._links, services._standings, services._marks
    made = [
        stood(
            Link(
                _BASE + number,
                ENTITY,
                f"00000000-0000-4000-8000-{number:012d}",
                name=f"Frame agreement {number:03d}",
                state="signed",
                not_agreed=1 + number % 3,
            ),
            _SINCE - timedelta(hours=number),
        )
        for number in range(OPENED)
    ]
    listings = [one for link in made if (one := listing_of(link))]
    listings += [Listing(_BASE + number, ENTITY, Standing.IN_STEP, _SINCE) for number in range(1000, 2001)]
    opened = [links.create(link, {}, []) for link in made]
    standings.put(listings)
    before = marks.all().get(LINKS_COUNTED)
    counts = {f"{ENTITY}/in_step": WHOLE - OPENED, f"{ENTITY}/needs_decision": OPENED}
    marks.set(LINKS_COUNTED, json.dumps({"at": "2026-03-12T04:00:00Z", "counts": counts}))
    try:
        yield
    finally:
        marks.set(LINKS_COUNTED, before or "{}")
        for link in opened:
            links.remove(link)
        for listing in listings:
            standings.drop(listing)
