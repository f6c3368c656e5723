"""What `python -m cli probe` asks of real accounts, in words for people, and the marks that keep the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PREFIX = "probe:"  # of a mark with an answer: its position
AT = "probed_at"
DRAFT = "probing_draft"  # JSON: the draft that a probe has made, or is about to make; empty once it is removed
HEARD = "probing_heard"  # the contract of the last draft of whose change a webhook has come
NOT_SEEN = "not_seen"


@dataclass(frozen=True, slots=True)
class Question:
    """`assumed`: the positions that the documentation promises, or that everybody hopes for; none where both do."""

    text: str
    assumed: tuple[str, ...] = ()


QUESTIONS: Mapping[str, Question] = {
    "user_sees_all": Question("The user that machines act as sees every contract.", ("yes",)),
    "template_types": Question("The account has template types.", ("yes",)),
    "type_fields": Question("A template type tells its data fields.", ("shown",)),
    "template_filters": Question("Templates can be listed by workspace and activity.", ("taken",)),
    "contract_filters": Question("A contract is found again by its name in the list.", ("taken",)),
    "field_match": Question("A contract is found again by a data field's value in the list.", ("taken",)),
    "state_form": Question("A contract's state is a word that we know.", ("text",)),
    "custom_ids": Question("A contract's data fields come with their custom ids.", ("shown",)),
    "updated_times": Question("A contract's data fields come with the time of their last change.", ("shown",)),
    "many_fields": Question("Several data fields are written in one request.", ("data_fields", "list")),
    "one_by_custom_id": Question("A data field is written by its custom id.", ("yes",)),
    "same_value_counts": Question("Writing the same value again counts as a change."),
    "contract_time_moves": Question("Writing a data field moves the contract's own time."),
    "event_sort": Question("A contract's events come newest first when asked so.", ("honoured",)),
    "events_name_field": Question("An event names the data field that changed.", ("yes",)),
    "events_carry_changes": Question("An event tells the value before and after.", ("yes",)),
    "event_types": Question("The events that writing a draft's field makes."),
    "draft_webhook": Question("A change of a draft is announced by a webhook.", ("yes",)),
    "second_writer": Question("A second writer overwrites the first one without a refusal.", ("overwrites",)),
    "webhook_filters": Question("Webhooks take the events that we name.", ("all",)),
    "deleted_status": Question("A deleted contract is answered with 404.", ("404",)),
    "rate_limit": Question("Answers tell the rate limit."),
    "party_update": Question("A party is updated by PUT.", ("put",)),
    "participant_update": Question("A participant is updated by PUT.", ("put",)),
    "product_bulk": Question("What a bulk PUT of a product group does to a product that is left out."),
    "product_discount": Question("A product's discount_amount is of a unit, or of the whole line."),
    "product_custom_id": Question("A product's custom id comes back.", ("yes",)),
    "participant_custom_id": Question("A participant's custom id comes back.", ("yes",)),
    "product_lock": Question("A product keeps counterparty_lock (what it locks, only a counterparty sees).", ("kept",)),
    "acting_for": Question("The application user may act for somebody in Dynamics.", ("yes",)),
    "privileges": Question("The application user has every privilege that the mapped columns need.", ("yes",)),
    "row_versions": Question("Every mapped table has row versions.", ("yes",)),
    "cors": Question("The app answers pages of the organisation's address.", ("yes",)),
    "failed_system_jobs": Question("No system job of the sync's own steps has failed lately.", ("yes",)),
    "widget_placed": Question("The widget is on a form.", ("yes",)),
    "widget_tables": Question("The tables on whose forms the widget is."),
}


def answers_of(marks: Mapping[str, str]) -> dict[str, str]:
    """By question, of what is kept; questions of an older version are left out."""
    return {name: marks[PREFIX + name] for name in QUESTIONS if marks.get(PREFIX + name)}


def verdict_of(name: str, position: str) -> str:
    """`yes`, `no` or `not seen`: whether it is as assumed; `no assumption` where nobody assumes anything."""
    if position == NOT_SEEN:
        return "not seen"
    assumed = QUESTIONS[name].assumed
    if not assumed:
        return "no assumption"
    return "yes" if position in assumed else "no"
