"""What worlds at random have found, as the short scripts that they were shortened to. Each once broke a promise."""

from __future__ import annotations

import pytest

from tests.torture.run import run
from tests.torture.script import Step

FOUND = {
    "a creation whose end was not written down is made again by the next click": (350, (
        Step(0.0, "edit_two_fields", (240, 513, 238)),
        Step(0.0, "fault", (0,), ("storage_outage", "creation.finish")),
        Step(0.15, "create", (156, 786, 260)),
        Step(320.0, "wait", (805, 135, 816)),
        Step(0.68, "create_again", (164, 762, 198)),
    )),
    "what a write that came late had replaced is searched for by nobody": (94, (
        Step(1.17, "previewed_push", (301, 245, 41)),
        Step(0.0, "fault", (0,), ("timeout_late", "oneflow.write")),
        Step(0.0, "edit_dynamics", (400, 751, 449)),
        Step(1.01, "fault_edited", (249, 21, 949)),
        Step(0.06, "edit_two_fields", (844, 572, 75)),
    )),
    "a value that we wrote twice is looked for at its first write": (298, (
        Step(10.18, "move", (629, 254, 776)),
        Step(1.48, "clear_oneflow", (3, 630, 634)),
        Step(7.74, "open_record", (982, 697, 521)),
        Step(6.78, "edit_oneflow", (598, 18, 540)),
        Step(3.12, "edit_oneflow", (329, 495, 114)),
        Step(0.0, "fault_edited", (36, 719, 789)),
        Step(4.39, "push", (146, 436, 463)),
    )),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_no_longer(name: str) -> None:
    seed, script = FOUND[name]
    assert run(seed, script).broken == []
