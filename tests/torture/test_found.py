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
    "a person linked what a creation with a lost answer had made, and the next click makes it again": (892, (
        Step(3.52, "fault_timeout_create", (0, 130, 802)),
        Step(9.97, "create", (102, 95, 558)),
        Step(1.16, "edit_oneflow", (486, 522, 758)),
        Step(0.29, "link", (598, 927, 902)),
        Step(320.0, "wait", (862, 360, 755)),
        Step(0.04, "create_again", (591, 144, 153)),
    )),
    "both vendors fail, and the one that said how long to wait is asked too soon": (1618, (
        Step(1.91, "create", (109, 556, 789)),
        Step(8.56, "edit_dynamics", (964, 724, 632)),
        Step(70.0, "wait", (642, 373, 392)),
        Step(0.0, "fault", (0,), ("storage_outage", "operation.begin")),
        Step(0.81, "message_push", (546, 502, 647)),
        Step(1.96, "edit_two_fields", (788, 734, 217)),
        Step(0.18, "edit_dynamics", (624, 138, 238)),
        Step(0.0, "fault", (0,), ("server_error", "dynamics.read")),
        Step(0.0, "fault", (0,), ("rate_limited", "oneflow.read")),
        Step(320.0, "wait", (475, 765, 261)),
    )),
    "a vendor's time to wait is forgotten when storage fails after it": (2173, (
        Step(0.0, "edit_two_fields", (46, 397, 800)),
        Step(10.23, "unlink", (462, 176, 563)),
        Step(0.07, "edit_oneflow", (473, 544, 882)),
        Step(0.12, "move", (274, 864, 582)),
        Step(0.0, "edit_two_columns", (284, 486, 959)),
        Step(0.06, "push", (199, 45, 435)),
        Step(0.0, "edit_dynamics", (575, 742, 220)),
        Step(0.13, "edit_dynamics", (450, 153, 744)),
        Step(0.0, "edit_dynamics", (406, 177, 468)),
        Step(0.0, "fault", (1,), ("rate_limited", "dynamics.write")),
        Step(0.12, "edit_two_fields", (569, 591, 145)),
        Step(4.11, "edit_two_fields", (714, 457, 392)),
        Step(0.0, "fault", (0,), ("storage_lost_answer", "link.close")),
    )),
    "a vendor's time to wait is forgotten when another sync comes first after it": (11906, (
        Step(0.0, "fault", (2,), ("server_error_done", "oneflow.write")),
        Step(0.06, "edit_dynamics", (295, 112, 170)),
        Step(0.61, "push", (96, 962, 22)),
        Step(1.2, "delete_record", (201, 475, 495)),
        Step(0.55, "unlink", (327, 7, 465)),
        Step(2.19, "push", (540, 511, 951)),
        Step(320.0, "wait", (507, 216, 425)),
        Step(4.14, "move", (639, 68, 897)),
        Step(0.5, "push", (359, 757, 842)),
        Step(0.03, "edit_two_columns", (960, 375, 436)),
        Step(0.39, "sign", (475, 796, 633)),
        Step(11.41, "create", (372, 883, 622)),
        Step(0.0, "fault", (0,), ("rate_limited", "dynamics.write")),
        Step(1.85, "edit_two_fields", (837, 630, 729)),
    )),
    "a frozen process writes what nobody looks for": (909, (
        Step(0.0, "edit_two_columns", (259, 236, 554)),
        Step(0.0, "fault", (0,), ("stall", "oneflow.write")),
        Step(0.06, "edit_two_columns", (287, 298, 958)),
        Step(0.17, "push", (75, 551, 158)),
        Step(0.0, "fault", (0,), ("crash_before", "oneflow.read")),
        Step(6.97, "edit_dynamics", (395, 182, 781)),
        Step(0.07, "edit_two_fields", (856, 122, 27)),
        Step(0.07, "edit_two_columns", (326, 608, 58)),
        Step(0.03, "edit_two_fields", (864, 545, 173)),
        Step(0.24, "sign_all", (270, 209, 753)),
        Step(0.18, "push_record", (678, 361, 644)),
    )),
    "a vendor that asked to wait is asked too soon, since the other side is gone": (100344, (
        Step(2.05, "edit_dynamics", (793, 674, 940)),
        Step(1.29, "delete_record", (316, 312, 630)),
        Step(5.6, "edit_dynamics", (692, 407, 146)),
        Step(0.0, "fault", (0,), ("rate_limited", "oneflow.read")),
        Step(1.21, "sign", (187, 941, 87)),
        Step(0.0, "fault", (0,), ("storage_error", "due.drop")),
    )),
    "a column is secured, reads as empty, and is written over unread": (219, (
        Step(0.03, "secure_column", (336, 907, 5)),
        Step(0.13, "edit_oneflow", (407, 555, 618)),
    )),
    "a column is secured, reads as masked, and is written over unread": (248, (
        Step(1.87, "edit_two_fields", (479, 26, 224)),
        Step(0.05, "secure_column", (591, 549, 621)),
    )),
    "a column is secured while it is written, and its answer says that nothing changed": (2739, (
        Step(0.0, "create_again", (612, 34, 118)),
        Step(0.17, "edit_two_fields", (721, 863, 91)),
        Step(0.0, "message_push", (960, 965, 354)),
        Step(0.13, "edit_two_fields", (48, 692, 120)),
        Step(0.15, "edit_oneflow", (217, 714, 599)),
        Step(0.06, "keep", (576, 242, 940)),
        Step(0.0, "undo", (187, 622, 213)),
        Step(0.41, "secure_column", (781, 110, 937)),
    )),
    "a write that came late replaced what nobody saw, and the contract's log does not tell values": (110, (
        Step(0.0, "fault", (1,), ("timeout", "oneflow.templates")),
        Step(0.0, "fault", (0,), ("timeout_late", "oneflow.write")),
        Step(1.34, "edit_dynamics", (897, 21, 537)),
        Step(0.5, "push_record", (897, 947, 431)),
        Step(8.0, "edit_dynamics", (897, 21, 537)),
        Step(0.0, "create", (635, 309, 129)),
        Step(0.04, "delete_contract", (454, 102, 395)),
        Step(0.05, "edit_oneflow", (757, 490, 343)),
        Step(2.84, "rename_column", (79, 84, 401)),
        Step(10.21, "create", (361, 366, 68)),
        Step(320.0, "wait", (212, 513, 155)),
        Step(0.59, "edit_oneflow", (568, 772, 352)),
    )),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_no_longer(name: str) -> None:
    seed, script = FOUND[name]
    assert run(seed, script).broken == []
