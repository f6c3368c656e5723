"""The use cases, wired to the adapters."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from sync_core.bootstrap.parts import part
from sync_core.bootstrap.sync import SyncParts
from sync_core.place import instance_of

if TYPE_CHECKING:
    from sync_core.usecases.administration.connection import Connection, Health, LastEvent
    from sync_core.usecases.administration.entities import Entities
    from sync_core.usecases.administration.history import HistoryDesk, PurgeHistory
    from sync_core.usecases.administration.links import LinkDesk
    from sync_core.usecases.administration.measures import Measures
    from sync_core.usecases.administration.pickers import Pickers
    from sync_core.usecases.administration.secrets_in_use import SecretsInUse
    from sync_core.usecases.jobs.broken_connection import BrokenConnection
    from sync_core.usecases.jobs.contract_rows import ContractRows
    from sync_core.usecases.jobs.dead_letters import DeadLetterBox
    from sync_core.usecases.jobs.ingest import Ingest
    from sync_core.usecases.jobs.keep_document import KeepDocument
    from sync_core.usecases.jobs.probe_draft import ProbeDraft
    from sync_core.usecases.jobs.reconcile import Reconcile
    from sync_core.usecases.jobs.runner import JobRunner
    from sync_core.usecases.jobs.tell_news import TellNews
    from sync_core.usecases.jobs.tell_outcome import TellOutcome
    from sync_core.usecases.people.callers import Callers
    from sync_core.usecases.people.cards import Cards
    from sync_core.usecases.people.create_contract import CreateContract
    from sync_core.usecases.people.link_contract import LinkContract
    from sync_core.usecases.people.linking import Linking
    from sync_core.usecases.people.messages import Messages
    from sync_core.usecases.people.previews import Previews
    from sync_core.usecases.people.push_record import PushRecord
    from sync_core.usecases.people.repair import Repair
    from sync_core.usecases.people.rights import Rights
    from sync_core.usecases.switching.desk import SwitchDesk
    from sync_core.usecases.switching.plan_job import PlanJob
    from sync_core.usecases.switching.switch_over import SwitchOver
    from sync_core.usecases.switching.takeover import Takeover


class Services(SyncParts):
    """Every use case, built from one set of settings. Thread-safe."""

    # --- people's actions ---------------------------------------------------------------------------------------------

    @part
    def people(self) -> Callers:
        from sync_core.usecases.people.callers import Callers

        return Callers(self._records)

    @part
    def _rights(self) -> Rights:
        from sync_core.usecases.people.rights import Rights

        return Rights(self._records)

    @part
    def cards(self) -> Cards:
        from sync_core.usecases.people.cards import Cards

        url = self._contracts.contract_url
        return Cards(
            self._links, self._mappings, self._records, self._rights, url, self._creations, self._in_force.reason
        )

    @part
    def _linking(self) -> Linking:
        from sync_core.usecases.people.linking import Linking

        return Linking(self._links, self._due, self._log, self._clock, self._row_jobs)

    @part
    def link(self) -> LinkContract:
        from sync_core.usecases.people.link_contract import LinkContract

        return LinkContract(
            self._linking,
            self._links,
            self._due,
            self._log,
            self._contracts,
            self._opener,
            self._recovery,
            self._rights,
            self.cards,
            lambda: self.takeover.closed(),
        )

    @part
    def create(self) -> CreateContract:
        from sync_core.usecases.people.create_contract import CreateContract

        return CreateContract(
            self._records,
            self._contracts,
            self._mappings,
            self._creations,
            self._linking,
            self._opener,
            self._rights,
            self._queue,
            self._clock,
            lambda: self.takeover.opened(),
        )

    @part
    def previews(self) -> Previews:
        from sync_core.usecases.people.previews import Previews

        return Previews(self.sync, self.create, self._links)

    @part
    def push_record(self) -> PushRecord:
        from sync_core.usecases.people.push_record import PushRecord

        return PushRecord(self._links, self._rights, self.sync)

    @part
    def messages(self) -> Messages:
        from sync_core.usecases.people.messages import Messages

        return Messages(self.people, self.sync, self.push_record, self.create, self._operations, self._queue)

    @part
    def repair(self) -> Repair:
        from sync_core.usecases.people.repair import Repair

        return Repair(self._links, self._opener, self._rights, self.sync)

    # --- administration -----------------------------------------------------------------------------------------------

    @part
    def entities(self) -> Entities:
        from sync_core.usecases.administration.entities import Entities

        return Entities(self._records, self._mappings, self._links, self._queue, self._in_force)

    @part
    def connection(self) -> Connection:
        from sync_core.usecases.administration.connection import Connection

        environment = urlsplit(self._settings.dataverse_url).hostname or ""
        parts = (self._records, self._contracts, self._marks, environment, self._callback_url())
        return Connection(
            *parts,
            lacks=self._lacks.show,
            secrets=self.secrets_in_use.show,
            mappings=self._mappings.all,
            rows=self.contract_rows.show,
            news=self.tell_news.show,
        )

    @part
    def pickers(self) -> Pickers:
        from sync_core.usecases.administration.pickers import Pickers

        return Pickers(self._contracts, lambda: self.takeover.opened())

    @part
    def dead_letters(self) -> DeadLetterBox:
        from sync_core.usecases.jobs.dead_letters import DeadLetterBox

        return DeadLetterBox(self._letters, self._queue)

    @part
    def link_desk(self) -> LinkDesk:
        from sync_core.usecases.administration.links import LinkDesk

        dynamics = self._settings.dataverse_url
        return LinkDesk(
            self._links,
            self._standings,
            self._due,
            self._marks,
            self._opener,
            self._closer,
            self.dead_letters,
            self._clock,
            self._pool,
            self._contracts.contract_url,
            # https://learn.microsoft.com/power-apps/developer/model-driven-apps/open-forms-views-dialogs-reports-url
            lambda entity, record: f"{dynamics}/main.aspx?pagetype=entityrecord&etn={entity}&id={record}",
        )

    @part
    def measures(self) -> Measures:
        from sync_core.usecases.administration.measures import Measures

        return Measures(self._hourly, self._clock, lambda: self.hours.flush())

    @part
    def history(self) -> HistoryDesk:
        from sync_core.usecases.administration.history import HistoryDesk

        return HistoryDesk(self._links, self._log, self._pool, self._rights)

    @part
    def health(self) -> Health:
        from sync_core.engine.model.probed import answers_of
        from sync_core.usecases.administration.connection import Health

        checks: Mapping[str, Callable[[], Any]] = {
            "storage": self._marks.all,
            "queue": self._queue.ping,
            "oneflow": self._contracts.ping,
            "dynamics": self._records.identity,
        }
        return Health(
            checks,
            self._clock,
            self._pool,
            lacks=self._lacks.show,
            secrets=self.secrets_in_use.show,
            answers=lambda: answers_of(self._marks.all()),
        )

    # --- switching over -----------------------------------------------------------------------------------------------

    @part
    def takeover(self) -> Takeover:
        from sync_core.usecases.switching.takeover import Takeover

        return Takeover(self._contracts, self._marks, self._clock)

    def switch_over(self, asked: Callable[[], bool] = lambda: False) -> SwitchOver:
        """A new one for each run, which can be stopped by itself. `asked`: whether somebody elsewhere wants that."""
        from sync_core.usecases.switching.patience import Patience
        from sync_core.usecases.switching.switch_over import SwitchOver

        patience = Patience(self._clock, lambda: self._pace.turn(background=True), asked)
        return SwitchOver(
            self._links,
            self._mappings,
            self._records,
            self._contracts,
            self._opener,
            self.sync,
            self._linking,
            self.link,
            self.takeover,
            self._operations,
            self._bulk_pool,
            patience,
        )

    @part
    def switch_desk(self) -> SwitchDesk:
        from sync_core.adapters.plan_files import part_of_file
        from sync_core.usecases.switching.desk import SwitchDesk

        environment = urlsplit(self._settings.dataverse_url).netloc
        parts = (self._operations, self._queue, self._clock, self._opener, environment)
        return SwitchDesk(self.switch_over, *parts, part_of_file)

    @part
    def plan_job(self) -> PlanJob:
        from sync_core.usecases.switching.plan_job import PlanJob
        from sync_core.usecases.switching.plans import Plans

        return PlanJob(self.switch_over, Plans(self._operations), self._queue, self._clock)

    # --- machines -----------------------------------------------------------------------------------------------------

    @part
    def ingest(self) -> Ingest:
        from sync_core.adapters.dataverse.events import read_event
        from sync_core.adapters.oneflow.notification import read_notification
        from sync_core.usecases.jobs.ingest import Ingest

        keys = self._settings.sign_keys
        return Ingest(self._queue, lambda body, _: read_notification(body, keys), read_event)

    @part
    def _last_event(self) -> LastEvent:
        from sync_core.usecases.administration.connection import LastEvent

        return LastEvent(self._marks, self._clock)

    @part
    def _broken(self) -> BrokenConnection:
        from sync_core.usecases.jobs.broken_connection import BrokenConnection

        def alive() -> None:
            self._contracts.ping()
            self._records.identity()

        return BrokenConnection(self._marks, self._clock, alive)

    @part
    def jobs(self) -> JobRunner:
        from sync_core.usecases.jobs.reconcile import DueLinks
        from sync_core.usecases.jobs.record_changed import RecordChanged
        from sync_core.usecases.jobs.runner import JobRunner, OtherJobs
        from sync_core.usecases.jobs.search_events import SearchEvents
        from sync_core.usecases.jobs.sync_job import RunSyncJob
        from sync_core.usecases.jobs.turns import Turns

        others = OtherJobs(
            record=RecordChanged(self._links, self._mappings, self._queue).run,
            events=SearchEvents(self._links, self._log, self._contracts, self._queue).run,
            creation=lambda job: self.create.recover(job),
            due_links=DueLinks(self._links, self._due, self._clock).run,
            message=lambda job: self.messages.carry_out(job),
            switch=lambda job: self.plan_job.run(job),
            contract_row=self.contract_rows.run,
            news=self.tell_news.run,
            outcome=self._tell_outcome.run,
            document=self.keep_document.run,
        )
        sync = RunSyncJob(
            self.sync,
            self._opener,
            self._due,
            self._queue,
            Turns(),
            lambda: self._last_event.heard(),
            lambda: self._pace.turn(),
        )
        return JobRunner(
            sync.run,
            self._due,
            self._queue,
            self._letters,
            others,
            self._jitter,
            lambda: self._pace.turn(),
            self._clock,
            self._broken,
            self._installation.is_ours,
            lambda contract_id: self._probe_draft.changed(contract_id),
        )

    @part
    def contract_rows(self) -> ContractRows:
        from sync_core.usecases.administration.registrations import registered_at
        from sync_core.usecases.jobs.contract_rows import ContractRows

        known, keeps = self._settings.contract_rows, self._settings.signed_documents != "off"
        parts = (self._links, self._contract_table, self._queue, self._due, self._marks, self._clock)
        on, removes = known != "off", known == "remove"
        return ContractRows(*parts, on=on, removes=removes, connected=registered_at, documents=keeps)

    @part
    def keep_document(self) -> KeepDocument:
        from sync_core.usecases.jobs.keep_document import KeepDocument

        known = self._settings
        on = known.contract_rows != "off" and known.signed_documents != "off"
        parts = (self._links, self._contracts, self._contract_documents, self._queue)
        return KeepDocument(*parts, lambda: self._pace.turn(background=True), on)

    @part
    def tell_news(self) -> TellNews:
        from sync_core.usecases.administration.registrations import registered_at
        from sync_core.usecases.jobs.tell_news import TellNews

        parts = (self._links, self._mappings, self._queue, self._marks, self._notifications, self._clock)
        return TellNews(*parts, connected=registered_at)

    @part
    def _tell_outcome(self) -> TellOutcome:
        from sync_core.usecases.jobs.tell_outcome import TellOutcome

        return TellOutcome(self._links, self.people, self._row_jobs, self.tell_news, self._clock)

    @part
    def secrets_in_use(self) -> SecretsInUse:
        from sync_core.secret_digests import digests
        from sync_core.usecases.administration.secrets_in_use import SecretsInUse

        parts = (self._marks, self._queue, self._clock)
        return SecretsInUse(*parts, lambda: digests(os.environ), instance_of(os.environ))

    @part
    def _probe_draft(self) -> ProbeDraft:
        from sync_core.usecases.jobs.probe_draft import ProbeDraft

        return ProbeDraft(self._marks)

    @part
    def reconcile(self) -> Reconcile:
        from sync_core.usecases.jobs.reconcile import Reconcile

        parts = (self._links, self._due, self._queue, self._letters, self._marks, self._clock)
        return Reconcile(
            *parts,
            self._broken,
            self._standings,
            lengths=self._queue.lengths,
            mended=self._in_force.look_again,
            secrets=self.secrets_in_use.of_sweep,
            rows=self.contract_rows,
        )

    @part
    def purge(self) -> PurgeHistory:
        from sync_core.usecases.administration.history import PurgeHistory

        keepers = (self._operations, self._creations)
        return PurgeHistory(
            self._links, self._log, keepers, self._clock, self._settings.history_days, self.measures.purge
        )

    def _callback_url(self) -> str | None:
        """Where Oneflow calls; the function's own key travels in the address."""
        base = self._settings.public_url
        if base is None:
            return None
        key = self._settings.webhook_key
        return f"{base}/api/oneflow/webhook" + (f"?{urlencode({'code': key})}" if key else "")
