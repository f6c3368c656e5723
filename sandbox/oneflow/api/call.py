"""What a route handler is given: one request, who makes it, and the world it meets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.faults import Fault
from sandbox.oneflow.account.model import Contract, User
from sandbox.oneflow.account.world import By, World
from sandbox.oneflow.api.access import may_see
from sandbox.oneflow.api.problems import Problem, not_found
from sandbox.oneflow.api.views import Views
from sandbox.oneflow.switches import Switches
from sandbox.wire import Request, Response

LARGEST_ID = 2**31 - 1
_WRITABLE_STATES = ("draft", "pending")


@dataclass
class Call:
    """`path_values` are the named parts of the path; `fault` is an injected fault that the handler plays itself."""

    request: Request
    world: World
    views: Views
    user: User | None
    path_values: dict[str, str] = field(default_factory=dict)
    fault: Fault | None = None

    @property
    def switches(self) -> Switches:
        return self.world.switches

    def plays(self, kind: str) -> bool:
        return self.fault is not None and self.fault.kind == kind

    def id_of(self, name: str) -> int:
        text = self.path_values[name]
        if not text.isascii() or not text.isdigit() or int(text) > LARGEST_ID:
            raise Problem(400, f"'{text}' is not a valid id.", {name: ["Not a valid integer."]})
        return int(text)

    def contract_to_read(self, lagging: bool = True) -> Contract:
        """The contract of the path as reads show it. 404 if it is missing or the user may not see it."""
        contract_id = self.id_of("contract_id")
        contract = self.world.state.contracts.get(contract_id)
        if lagging:
            contract = self.world.visible(contract_id, stale=self.plays("stale_read"))
        if contract is None:
            missing = not_found("Contract", contract_id)
            gone_status = self.switches.deleted_get_status
            if contract_id in self.world.state.deleted and gone_status != 404:
                raise Problem(gone_status, missing.detail)
            raise missing
        return self._seen(contract)

    def contract_to_write(self) -> Contract:
        """The contract of the path as it is. 404 if it is missing or the user may not see it."""
        contract_id = self.id_of("contract_id")
        contract = self.world.state.contracts.get(contract_id)
        if contract is None:
            raise not_found("Contract", contract_id)
        return self._seen(contract)

    def must_be_open(self, contract: Contract, what: str) -> None:
        """Oneflow refuses a change of `what` where the contract is neither a draft nor pending."""
        if contract.state not in _WRITABLE_STATES:
            raise Problem(self.switches.state_guard_status, f"{what} cannot be changed in state {contract.state}.")

    def _seen(self, contract: Contract) -> Contract:
        if may_see(self.user, contract, self.switches.users_see_all_contracts):
            return contract
        if self.switches.unseen_contract_status == 403:
            raise Problem(403, "Access denied.")
        raise not_found("Contract", contract.id)

    def by(self, contract: Contract) -> By:
        actor = None if self.user is None else self.world.user_actor(self.user, contract)
        return By(actor, "api")


@dataclass(frozen=True)
class Route:
    """`pattern` is a regular expression over the path after /v1, without a trailing slash."""

    method: str
    pattern: str
    handle: Callable[[Call], Response]
    needs_user: bool = False
    needs_token: bool = True
