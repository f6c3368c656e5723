"""The `outcome` job: what became of a message of Dynamics, told where its user looks: on the contract's row and, where
it was not done, by a notification.

The message's own work never waits for it. However often it is run, the row shows it once, and nobody is told twice.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import replace

from sync_core.engine.model.actor import Actor
from sync_core.engine.model.asked import LastRequest
from sync_core.engine.model.instants import instant_text
from sync_core.engine.model.jobs import OutcomeJob
from sync_core.engine.model.link import Link
from sync_core.engine.model.words import Action
from sync_core.engine.showing.outcome import ACTIONS, TOLD, headed, worded
from sync_core.errors import NotAllowed
from sync_core.usecases.jobs.tell_news import TellNews
from sync_core.usecases.people.callers import Callers
from sync_core.usecases.ports import Clock
from sync_core.usecases.stores import Links
from sync_core.usecases.sync.contract_row_jobs import ContractRowJobs

log = logging.getLogger(__name__)

_IDS = uuid.UUID("5e0c3a86-6a5c-5d1b-9a4e-0f6a3f4f2b11")  # what ids of notifications are made from


class TellOutcome:
    def __init__(self, links: Links, people: Callers, rows: ContractRowJobs, news: TellNews, clock: Clock) -> None:
        self._links, self._people, self._rows, self._news, self._clock = links, people, rows, news, clock

    def run(self, job: OutcomeJob) -> None:
        """Temporary, and what is wrong with the connection as a whole: it is put back."""
        actor = self._who(job)
        who = actor.name if actor and actor.name else None
        text = worded(job, who, self._news.swedish())
        action = ACTIONS.get(job.asked, Action.PUSH)
        at = job.asked_at or instant_text(job.first_put_at or self._clock.now())
        asked = LastRequest(job.request, str(action), job.became, text, at, who)
        links = self._concerned(job, action)
        for link in links:
            self._links.change(link.contract_id, lambda found: self._having(found, asked))
        log.info("request.shown asked=%s became=%s links=%s", job.asked, job.became, len(links))
        if job.became in TOLD:
            self._tell(job, actor, links, text)

    def _who(self, job: OutcomeJob) -> Actor | None:
        try:
            return self._people.initiator(job.user, job.user_id)
        except NotAllowed:
            return None  # nobody that Dynamics knows any more

    def _concerned(self, job: OutcomeJob, action: Action) -> Sequence[Link]:
        """The links whose rows tell of it: all of the record's where all were to be pushed."""
        if job.contract_id is not None:
            link = self._links.link(job.contract_id)
            return [link] if link is not None else []
        return self._links.of_record(job.entity, job.record_id) if action is Action.PUSH else []

    def _having(self, link: Link, asked: LastRequest) -> Link:
        if not asked.replaces(link.last_request):
            return link
        return self._rows.closing(replace(link, last_request=asked))

    def _tell(self, job: OutcomeJob, actor: Actor | None, links: Sequence[Link], text: str) -> None:
        name = links[0].name if len(links) == 1 else job.name
        title = headed(job, name, self._news.swedish())
        told = {actor.user_id} if actor and actor.user_id else set()
        told |= {owner for link in links if (owner := _user(link.owner))}
        for user_id in sorted(told):
            one = f"{job.request}/{job.asked_at}/{job.contract_id}/{user_id}"
            news_id = str(uuid.uuid5(_IDS, one))
            self._news.tell(news_id, user_id, job.became, title, text, (job.entity, job.record_id))


def _user(owner: str | None) -> str:
    kind, _, owner_id = (owner or "").partition(":")
    return owner_id if kind == "systemuser" else ""
