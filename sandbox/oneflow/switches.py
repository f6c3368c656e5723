"""The behaviours of Oneflow that its documentation leaves open, each with the assumed answer as its default."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, get_type_hints


@dataclass
class Switches:
    """Change an attribute at any time; `update` takes a mapping and refuses unknown names and wrong types."""

    # Events and webhooks
    echo_webhooks_for_api_writes: bool = True
    data_field_update_fires_for_drafts: bool = False
    content_update_on_pending_field_edit: bool = False
    one_event_per_field: bool = True  # False: one event for all fields of one save
    batch_webhook_events: bool = True  # False: a notification of its own for each event of one action
    signature_in_events: bool = False
    webhook_id_keys: str = "both"  # both | id | webhook_id
    webhook_list_envelope: str = "data"  # data | list
    webhook_shows_sign_key: bool = True
    events_carry_changes: bool = True  # False: events of the event list say only that something changed
    events_identify_field: bool = False  # True: id and custom_id of the data field stand in the event
    event_subject: str = "text"  # text | object | in_data
    api_actor_is_shown: bool = True  # False: events of API writes have actor null

    # Reads
    eventual_consistency_delay: float = 0.0  # seconds of the simulator's clock for which reads show the old state
    lagging_reads: int = 0  # how many reads of a contract after each change still show the state before it
    new_contracts_lag: bool = False  # True: while reads lag, a contract just created is not found
    omit_custom_id_in_contract_reads: bool = False
    omit_custom_id_in_write_answers: bool = False
    omit_updated_time: bool = False  # of data fields
    datetime_offset_style: str = "+0000"  # +0000 | +00:00
    list_shows_data_fields: bool = False
    last_page_next: str = "null"  # null | absent
    get_one_data_field: bool = False  # whether GET /contracts/{id}/data_fields/{id} exists
    deleted_get_status: int = 404  # 404 | 403 | 410
    unseen_contract_status: int = 404  # 404 | 403; for a contract that the acting user may not see
    expired_reads_pending: bool = False  # True: the detail still says pending where the list says overdue

    # Writes
    many_envelope: str = "data_fields"  # data_fields | list | refused
    many_refused_status: int = 405  # 405 | 404 | 400
    many_answer: str = "data_fields"  # data_fields | list | data | empty
    many_atomic: bool = True
    field_edit_resets_signatures: bool = True
    same_value_counts_as_update: bool = False
    field_write_moves_contract_time: bool = True
    inactive_fields_refused: bool = True  # False: a field that its template type has no longer active takes values
    trims_values: bool = False  # True: what is stored has no white space at its ends
    state_guard_status: int = 409  # 409 | 403
    delete_missing_status: int = 200  # 200 | 404
    max_value_length: int = 1024  # characters
    counts_utf16: bool = False  # True: lengths are in UTF-16 units, of which an emoji has two
    problems_name_places: bool = True  # False: `parameter_problems` of a refusal stay empty
    phone_numbers_are_checked: bool = True  # False: a participant's phone number may be any text

    # What nobody could confirm, each with the kind answer as its default
    users_see_all_contracts: bool = True  # False: only those that they take part in; the token alone sees all
    state_form: str = "text"  # text | number | unknown
    contract_filters: str = "taken"  # taken | refused; of the list of contracts
    template_filters: str = "taken"  # taken | refused; of the list of templates
    type_fields: str = (
        "shown"  # shown | helper | nowhere: a template type has its fields, only its helper does, neither
    )
    template_types_extension: bool = True  # False: the account has none
    webhook_filters: str = "all"  # all | connector | refused: event types that a subscription may name
    event_sort: str = "honoured"  # honoured | ignored | refused; of the list of events
    people_update: str = "put"  # put | refused; of one party and one participant
    participant_custom_ids: bool = True  # False: they do not come back
    product_bulk: str = "deletes"  # deletes | keeps what a bulk PUT of a product group leaves out
    product_discount: str = "unit"  # unit | line, of which discount_amount is
    product_custom_ids: bool = True  # False: they do not come back
    file_list: str = "data"  # data | list: the envelope of a contract's files
    file_type: str = "contract"  # contract | contract_pdf | unnamed, which the contract's own PDF is listed as
    file_id: int = 1  # of that PDF
    file_download: str = "redirect"  # redirect | bytes
    file_is_made: bool = True  # False: a signed contract's PDF is not there yet
    file_bytes: int = 2000  # that it has
    rate_limit_headers: bool = False  # True: answers tell the limit, and a 429 when to come again

    # Access
    missing_email_status: int = 401  # 401 | 400
    emails_are_exact: bool = False  # True: the acting user's e-mail with other capitals is nobody's
    rate_limit: int = 2000  # requests per window and token
    rate_window: float = 300.0  # seconds of the simulator's clock

    # Time passing
    signing_periods_expire: bool = True  # False: only `people.expire` makes a contract overdue

    def update(self, values: dict[str, Any]) -> None:
        """Raises ValueError, and changes nothing, if a name is unknown or a value is not allowed."""
        types = get_type_hints(type(self))
        for name, value in values.items():
            if name not in types:
                raise ValueError(f"unknown switch {name}; known: {', '.join(f.name for f in fields(self))}")
            wanted = (int, float) if types[name] is float else types[name]
            if not isinstance(value, wanted) or (isinstance(value, bool) and types[name] is not bool):
                raise ValueError(f"switch {name} takes {types[name].__name__}")
            if value not in ALLOWED.get(name, (value,)):
                raise ValueError(f"switch {name} takes one of {', '.join(map(str, ALLOWED[name]))}")
        for name, value in values.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


ALLOWED: dict[str, tuple[Any, ...]] = {
    "state_form": ("text", "number", "unknown"),
    "contract_filters": ("taken", "refused"),
    "template_filters": ("taken", "refused"),
    "type_fields": ("shown", "helper", "nowhere"),
    "webhook_filters": ("all", "connector", "refused"),
    "people_update": ("put", "refused"),
    "product_bulk": ("deletes", "keeps"),
    "product_discount": ("unit", "line"),
    "event_sort": ("honoured", "ignored", "refused"),
    "webhook_id_keys": ("both", "id", "webhook_id"),
    "webhook_list_envelope": ("data", "list"),
    "event_subject": ("text", "object", "in_data"),
    "datetime_offset_style": ("+0000", "+00:00"),
    "last_page_next": ("null", "absent"),
    "deleted_get_status": (404, 403, 410),
    "unseen_contract_status": (404, 403),
    "many_envelope": ("data_fields", "list", "refused"),
    "many_refused_status": (405, 404, 400),
    "many_answer": ("data_fields", "list", "data", "empty"),
    "state_guard_status": (409, 403),
    "delete_missing_status": (200, 404),
    "missing_email_status": (401, 400),
}
