"""What the handlers need of the rest of the app: use cases by name, built when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sync_core.usecases.administration.connection import Connection, Health
    from sync_core.usecases.administration.entities import Entities
    from sync_core.usecases.administration.history import HistoryDesk, PurgeHistory
    from sync_core.usecases.administration.links import LinkDesk
    from sync_core.usecases.administration.measures import Measures
    from sync_core.usecases.administration.pickers import Pickers
    from sync_core.usecases.administration.secrets_in_use import SecretsInUse
    from sync_core.usecases.jobs.dead_letters import DeadLetterBox
    from sync_core.usecases.jobs.ingest import Ingest
    from sync_core.usecases.jobs.reconcile import Reconcile
    from sync_core.usecases.jobs.runner import JobRunner
    from sync_core.usecases.people.callers import Callers
    from sync_core.usecases.people.cards import Cards
    from sync_core.usecases.people.create_contract import CreateContract
    from sync_core.usecases.people.link_contract import LinkContract
    from sync_core.usecases.people.messages import Messages
    from sync_core.usecases.people.previews import Previews
    from sync_core.usecases.people.push_record import PushRecord
    from sync_core.usecases.people.repair import Repair
    from sync_core.usecases.switching.desk import SwitchDesk
    from sync_core.usecases.switching.takeover import Takeover
    from sync_core.usecases.sync.sync import SyncContract


class Services(Protocol):
    @property
    def people(self) -> Callers: ...
    @property
    def sync(self) -> SyncContract: ...
    @property
    def create(self) -> CreateContract: ...
    @property
    def link(self) -> LinkContract: ...
    @property
    def previews(self) -> Previews: ...
    @property
    def push_record(self) -> PushRecord: ...
    @property
    def cards(self) -> Cards: ...
    @property
    def repair(self) -> Repair: ...
    @property
    def entities(self) -> Entities: ...
    @property
    def connection(self) -> Connection: ...
    @property
    def pickers(self) -> Pickers: ...
    @property
    def ingest(self) -> Ingest: ...
    @property
    def messages(self) -> Messages: ...
    @property
    def jobs(self) -> JobRunner: ...
    @property
    def secrets_in_use(self) -> SecretsInUse: ...
    @property
    def reconcile(self) -> Reconcile: ...
    @property
    def purge(self) -> PurgeHistory: ...
    @property
    def dead_letters(self) -> DeadLetterBox: ...
    @property
    def link_desk(self) -> LinkDesk: ...
    @property
    def measures(self) -> Measures: ...
    @property
    def history(self) -> HistoryDesk: ...
    @property
    def switch_desk(self) -> SwitchDesk: ...
    @property
    def takeover(self) -> Takeover: ...
    @property
    def health(self) -> Health: ...


# Lazy, the same object each time; raises ConfigurationError with every problem of the settings.
GetServices = Callable[[], Services]
