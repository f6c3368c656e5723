"""What became of a message of Dynamics, as its user is told: by which jobs, in which words, and which is the last."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from dynamics.description.messages import MESSAGES
from sync_core.engine.model.asked import Became, LastRequest
from sync_core.engine.model.jobs import MessageJob, content_of, job_of
from sync_core.engine.model.link import Link
from sync_core.engine.showing.contract_row import row_of
from sync_core.engine.showing.outcome import ACTIONS, given_up, headed, outcomes_of, waits, worded
from sync_core.errors import NotAllowed, RateLimited, Temporary

ASKED_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
PUSH = MessageJob("ofs_PushUpdates", "opportunity", "r", {"ContractId": "7"}, "o1", "u", "s", first_put_at=ASKED_AT)
SECRET = "1250000.00"


def field(label: str, result: str, reason: str | None = None) -> dict[str, Any]:
    return {"dynamics_label": label, "result": result, "from": SECRET, "to": SECRET, "reason": reason}


def result(outcome: str, *fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"contract_id": 7, "action": "push", "outcome": outcome, "reason": None, "fields": list(fields), **more}


def told(answer: dict[str, Any], job: MessageJob = PUSH, swedish: bool = False) -> tuple[str, str]:
    (one,) = outcomes_of(job, answer)
    return one.became, worded(one, "Kari Seller", swedish)


@pytest.mark.parametrize(
    ("answer", "became", "text"),
    [
        (result("synced", field("Topic", "written")), "done", "Written: Topic."),
        (result("synced"), "done", "Everything was written."),
        (result("unchanged", field("Topic", "unchanged")), "nothing", "There was nothing to write: both sides agree."),
        (
            result("partial", field("Topic", "written"), field("Amount", "skipped", f"{SECRET} is too precise")),
            "partly",
            "Written: Topic. Not written: Amount. The widget says why.",
        ),
        (
            result("conflict", field("Topic", "conflict")),
            "conflict",
            "Changed on both sides: Topic. Keep one in the widget.",
        ),
        (
            result("blocked", reason="The contract is signed; its fields can no longer be changed."),
            "blocked",
            "The contract is signed; its fields can no longer be changed.",
        ),
        (
            result("blocked", reason="Oneflow has no user with your address.", error="NoAccount"),
            "failed",
            "Not done for Kari Seller: “Oneflow has no user with your address.”",
        ),
    ],
)
def test_each_outcome_has_its_word_and_its_sentence(answer: dict[str, Any], became: str, text: str) -> None:
    assert told(answer) == (became, text)
    swedish = told(answer, swedish=True)[1]
    assert swedish and (swedish != text or answer["reason"])


def test_no_value_of_a_field_is_told() -> None:
    answer = result("partial", field("Amount", "skipped", f"{SECRET} is too precise"), field("Topic", "written"))
    (one,) = outcomes_of(PUSH, answer)
    assert SECRET not in str(content_of(one))


def test_a_push_of_all_contracts_tells_of_each_by_itself() -> None:
    job = replace(PUSH, parameters={})
    answers = {"results": [result("synced"), {**result("blocked", error="Busy", reason="Busy."), "contract_id": 8}]}
    found = [(one.contract_id, one.became) for one in outcomes_of(job, answers)]
    assert found == [(7, "done"), (8, "failed")]
    assert list(outcomes_of(job, {"results": []})) == [], "a record without an open contract"


def test_what_is_kept_of_a_large_answer_without_its_texts_is_told_all_the_same() -> None:
    assert told({"contract_id": 7, "outcome": "synced"}) == ("done", "Everything was written.")


def test_many_long_names_fit_into_a_message_of_the_queue() -> None:
    fields = [field("Ö" * 400, "written") for _ in range(300)] + [field("Å" * 400, "failed") for _ in range(300)]
    (one,) = outcomes_of(replace(PUSH, user="x" * 36), result("partial", *fields, reason="é" * 5000))
    assert len(str(content_of(one)).encode()) < 20_000
    row = row_of(Link(7, "opportunity", "r", last_request=asked(text=worded(one, "Kari", False))))
    assert len(str(row.values["outcome"])) <= 1000


def test_a_job_of_it_travels_as_text() -> None:
    (one,) = outcomes_of(PUSH, result("partial", field("Topic", "written"), field("Amount", "failed")))
    assert job_of(content_of(one)) == one
    assert (one.written, one.left) == (("Topic",), ("Amount",))


def test_what_waits_says_for_whom_and_what_was_given_up_that_it_is_over() -> None:
    away = waits(PUSH, Temporary("oneflow answered with status 503", side="oneflow"))
    assert away.became == Became.WAITING
    assert worded(away, "Kari", False).startswith("Oneflow did not answer, or failed")
    limits = waits(PUSH, RateLimited("dynamics answered with status 429", side="dynamics"))
    assert worded(limits, "Kari", False).startswith("Dynamics accepts no more requests for now")
    storage = waits(PUSH, Temporary("The table storage did not answer.", side="storage"))
    assert worded(storage, None, False).startswith("The table storage did not answer.")
    over = given_up(PUSH, "temporary", "oneflow answered with status 503")
    assert over.became == Became.FAILED and "three days" in worded(over, "Kari", False)
    refused = given_up(PUSH, "NotAllowed", str(NotAllowed("You may read this record but not change it.")))
    assert worded(refused, None, True) == "Gjordes inte: ”You may read this record but not change it.”"


def test_whoever_is_told_reads_what_was_not_done_and_of_which_contract() -> None:
    refused = given_up(PUSH, "Refused", "x")
    assert headed(refused, "Frame", False) == "Frame: nothing was pushed to Oneflow"
    assert headed(refused, "", True) == "Inget skickades till Oneflow"
    created = given_up(replace(PUSH, message="ofs_CreateContract", parameters={"Name": "New"}), "Invalid", "x")
    assert (created.contract_id, created.name) == (None, "New")
    assert headed(created, created.name, False) == "New: the contract was not created"


def test_every_message_of_the_solution_is_told_of() -> None:
    assert set(ACTIONS) == {one.name for one in MESSAGES}


# --- the last one -----------------------------------------------------------------------------------------------------


def asked(became: str = "done", request: str = "o1", at: str = "2026-03-01T12:00:00Z", text: str = "x") -> LastRequest:
    return LastRequest(request, "push", became, text, at, "Kari")


def test_the_one_that_was_asked_last_is_shown_in_whatever_order_they_come() -> None:
    earlier, later = asked(), asked("nothing", "o2", "2026-03-01T12:00:05Z")
    assert earlier.replaces(None) and later.replaces(earlier) and not earlier.replaces(later)


def test_what_finally_became_of_it_takes_the_place_of_its_waiting_and_of_nothing_else() -> None:
    assert asked("done").replaces(asked("waiting"))
    assert not asked("waiting").replaces(asked("done")), "however late that job is run"
    assert not asked("nothing").replaces(asked("done")), "done twice after a crash it finds nothing to do"
    assert not asked("waiting").replaces(asked("waiting"))


def test_a_dead_letter_that_is_replayed_and_done_is_shown_as_done() -> None:
    assert asked("done", at="2026-03-04T09:00:00Z").replaces(asked("failed"))


def test_the_row_shows_the_last_request_and_leaves_its_columns_alone_where_there_was_none() -> None:
    """Also: a solution of before these columns goes on taking rows until somebody asks."""
    assert not [name for name in row_of(Link(7, "opportunity", "r")).values if name.startswith("outcome")]
    values = row_of(Link(7, "opportunity", "r", last_request=asked("partly", text="Written: Topic."))).values
    shown = {name: value for name, value in values.items() if name.startswith("outcome")}
    assert shown == {
        "outcome": "Written: Topic.", "outcome_result": "partly", "outcome_request": "push",
        "outcome_on": "2026-03-01T12:00:00Z", "outcome_by": "Kari",
    }  # fmt: skip
    strange = row_of(Link(7, "opportunity", "r", last_request=asked("of_tomorrow"))).values
    assert strange["outcome_result"] is None
