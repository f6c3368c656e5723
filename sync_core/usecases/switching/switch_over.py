"""Switching over: a plan of what belongs together or of what differs, applied as it was shown, and taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor

from sync_core.engine.switching.plan_lines import Chosen, PlanHead, PlanKind
from sync_core.engine.switching.rules import Rule, SettleRules
from sync_core.usecases.people.link_contract import LinkContract
from sync_core.usecases.people.linking import Linking
from sync_core.usecases.ports import Contracts, Records
from sync_core.usecases.stores import Links, Mappings, Operations
from sync_core.usecases.switching.find import FindLinks, Page, Place
from sync_core.usecases.switching.find_unsettled import FindUnsettled, Unsettled
from sync_core.usecases.switching.link_run import LinkRun
from sync_core.usecases.switching.patience import Patience
from sync_core.usecases.switching.runs import Progress, Runs
from sync_core.usecases.switching.settle_run import SettleRun
from sync_core.usecases.switching.takeover import Takeover
from sync_core.usecases.sync.open import Opener
from sync_core.usecases.sync.sync import SyncContract


class SwitchOver:
    def __init__(
        self,
        links: Links,
        mappings: Mappings,
        records: Records,
        contracts: Contracts,
        opener: Opener,
        sync: SyncContract,
        linking: Linking,
        link: LinkContract,
        takeover: Takeover,
        kept: Operations,
        pool: Executor,
        patience: Patience,
    ) -> None:
        self._links, self._opener, self._sync = links, opener, sync
        self._linking, self._link, self._takeover = linking, link, takeover
        self._patience = patience
        self._find = FindLinks(links, mappings, records, contracts, takeover, pool, patience)
        self._unsettled = FindUnsettled(links, mappings, opener, pool, patience)
        self._runs = Runs(kept, pool, patience)

    def plan_links(self, rules: Sequence[Rule], place: Place | None = None, seen: Iterable[int] = ()) -> Iterator[Page]:
        """Page by page, what belongs together. Invalid where a rule names what is not there."""
        return self._find.pages(rules, place, seen)

    def plan_settling(self, rules: SettleRules, after: int = 0) -> Iterator[Unsettled]:
        """Some links' fields that are not yet agreed, those of contracts with a number beyond `after`."""
        return self._unsettled.pages(rules, after)

    def check(self, rules: Sequence[Rule] | SettleRules) -> None:
        """Invalid where a rule names what is not there."""
        if isinstance(rules, SettleRules):
            self._unsettled.check(rules)
        else:
            self._find.check(rules)

    def apply(self, head: PlanHead, lines: Sequence[Chosen], stopped: Callable[[], bool]) -> Iterator[Progress]:
        """Do these lines of the plan; how far it is, after each chunk. A run that was stopped or killed goes on."""
        return self._runs.go(f"apply-{head.id}", f"undo-{head.id}", lines, self._run(head).apply, stopped)

    def is_applied(self, head: PlanHead) -> bool:
        """Whether any of it was, and was not taken back since."""
        return self._runs.is_known(f"apply-{head.id}")

    def undo(self, head: PlanHead, lines: Sequence[Chosen], stopped: Callable[[], bool]) -> Iterator[Progress]:
        """Take back what applying the plan did, and nothing else."""
        return self._runs.go(f"undo-{head.id}", f"apply-{head.id}", lines, self._run(head).undo, stopped)

    def stop(self) -> None:
        self._patience.stop()

    def _run(self, head: PlanHead) -> SettleRun | LinkRun:
        if head.kind is PlanKind.SETTLE:
            return SettleRun(self._links, self._sync, head.id)
        return LinkRun(self._linking, self._link, self._links, self._opener, self._takeover, head.id)
