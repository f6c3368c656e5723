"""What happens in a world: a list of steps that a seed gives, and that can be shortened one by one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.torture.catalogue import KINDS

STEPS = (32, 40)
FAULTS = (9, 16)
EDITS, PEOPLE, RARE = 0.5, 0.4, 0.1

# What people do often, at times, and rarely; the numbers are taken modulo what there is.
_OFTEN = ("edit_oneflow", "edit_dynamics", "edit_two_columns", "edit_two_fields")
_AT_TIMES = ("push", "push", "push_record", "fetch", "keep", "undo", "publish", "sign", "create", "clear_oneflow",
             "clear_dynamics", "bad_oneflow", "message_push", "previewed_push", "create_again", "link", "unlink",
             "move", "mapping", "wait", "look_at_history", "create_beside")  # fmt: skip
_RARELY = ("sign_all", "decline", "expire", "revive", "delete_contract", "delete_record", "close_record",
           "open_record", "lose_right", "rename_column", "secure_column", "swap_template", "erase", "kill",
           "replay", "out_of_reach", "hours")  # fmt: skip
# What makes it likely that a step of I/O is reached at all.
_LEADS_TO = {
    "letter.drop": "letter_drop", "creation.forget": "create_refused", "oneflow.create": "create",
    "oneflow.templates": "create", "oneflow.find": "create_lost", "creation": "create", "link.create": "create",
    "link.index": "create", "link.remove": "unlink", "link.unindex": "unlink", "link.move": "move", "letter": "poison",
    "operation": "message_push", "history.append": "window", "oneflow.events": "window",
    "oneflow.ping": "delete_contract", "history.read": "undo", "dynamics.rights": "push", "link.take": "push",
    "oneflow.write": "push", "dynamics.write": "edit_two_fields", "webhook": "edit_oneflow", "event": "edit_dynamics",
    "log.note": "sign_all",
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """`after`: seconds since the step before. `numbers` choose among what is there."""

    after: float
    what: str
    numbers: tuple[int, ...] = ()
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"+{self.after:.2f} s {self.what} {' '.join(map(str, (*self.words, *self.numbers)))}".rstrip()


def script_of(seed: int) -> Sequence[Step]:
    """At least 40 steps, faults and what leads to them included; more faults than the five that must be met."""
    chance = random.Random(f"script {seed}")
    steps = [_step(chance) for _ in range(chance.randint(*STEPS))]
    pairs = [(kind, step) for kind, (_, where) in KINDS.items() for step in where]
    armed = [pair for pair in pairs if pair[0] not in _BY_THEMSELVES]
    for _ in range(chance.randint(*FAULTS)):
        kind, step = chance.choice(armed)
        place = chance.randrange(len(steps))
        lead = next((what for start, what in _LEADS_TO.items() if step.startswith(start)), None)
        new: list[Step] = [Step(0.0, "fault", (chance.choice((0, 0, 0, 1, 2)),), (kind, step))]
        new += _typed_over(chance) if kind == "timeout_late" else [_step(chance, one) for one in _leads(lead)]
        if kind == "token_revoked":
            new.append(_step(chance, "hours"))
        steps[place:place] = new
    return steps


# Faults that steps of the script are, or that come about by themselves.
_BY_THEMSELVES = frozenset({"right_lost", "contract_deleted", "record_deleted", "column_renamed", "column_secured",
                            "template_swapped", "clock_skew", "race", "other_time_form", "stored_trimmed",
                            "stranger_of_the_name", "too_large"})  # fmt: skip


def _leads(lead: str | None) -> Sequence[str]:
    return {
        None: (),
        "create_lost": ("fault_timeout_create", "create"),
        "create_refused": ("fault_refused_create", "create"),
        "poison": ("fault_poison", "wait"),
        "letter_drop": ("fault_unreadable", "edit_dynamics", "wait", "replay", "wait"),
        "window": ("edit_dynamics", "fault_edited", "push", "wait"),
        "push": ("edit_dynamics", "push"),
        "undo": ("edit_dynamics", "push", "undo"),
    }.get(lead, (lead,) if lead else ())


def _typed_over(chance: random.Random) -> list[Step]:
    """A push whose write is still on its way while the same column is typed into again."""
    edit, push = _step(chance, "edit_dynamics"), _step(chance, "push_record")
    again = Step(chance.choice((8.0, 15.0)), "edit_dynamics", edit.numbers)
    return [edit, Step(0.5, "push_record", (edit.numbers[0], *push.numbers[1:])), again]


def _step(chance: random.Random, what: str | None = None) -> Step:
    if what is None:
        luck = chance.random()
        what = chance.choice(_OFTEN if luck < EDITS else _AT_TIMES if luck < EDITS + PEOPLE else _RARELY)
    numbers: Any = tuple(chance.randrange(1000) for _ in range(3))
    after = chance.choice((0.0, 0.05, 0.2, 0.5, 1.0, 3.0, 8.0)) * (0.5 + chance.random())
    if what == "wait":
        after = chance.choice((20.0, 70.0, 320.0))
    return Step(round(after, 3), what, numbers)
