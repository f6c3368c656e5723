"""What is answered where something is not done (RFC 9457)."""

from __future__ import annotations

from typing import Literal

from sync_core.engine.model.words import Action, Outcome
from sync_core.handlers.wire.members import Answer, sometimes
from sync_core.handlers.wire.results import Dispute, ResultField


class WrongMember(Answer):
    """A member of the body that is wrong; `row` is its place in a list of rows, from 0, `line` a line of a plan."""

    row: int = sometimes()
    line: int = sometimes()
    field: str
    detail: str = sometimes()
    code: str = sometimes()


class Missing(Answer):
    """What the person lacks, and who gives it: Entra ID an app role, Dynamics a privilege, or the `user` itself."""

    where: Literal["entra_id", "dynamics"]
    what: str


class Problem(Answer):
    """What is wrong and how to mend it."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[WrongMember | str] = sometimes()
    missing: Missing = sometimes()


class StalePlan(Problem):
    """The values changed since the preview: the plan as it would be now."""

    contract_id: int | None = sometimes()
    action: Action = sometimes()
    outcome: Outcome = sometimes()
    reason: str | None = sometimes()
    plan_id: str = sometimes()
    fields: list[ResultField] = sometimes()


class MovedDispute(StalePlan):
    """The values changed since the person looked: the dispute as it is now, or the plan as it would be now."""

    conflict: Dispute = sometimes()


class AlreadyMade(Problem):
    """The contract that the same request made, or those of which one may be it."""

    contract_id: int | None = sometimes()
    candidates: list[int] = sometimes()


class LinkedElsewhere(Problem):
    """The contract's link; its record only for those who may change it."""

    contract_id: int = sometimes()
    entity: str = sometimes()
    record_id: str = sometimes()
