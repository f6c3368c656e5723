"""What one draft in Oneflow can tell. Each question by itself: one that cannot be asked leaves the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cli.probe.draft import CONTRACT, Draft, Place
from cli.probe.products import products
from sync_core.adapters.oneflow.api import listed
from sync_core.adapters.oneflow.subscriptions import FORMS, events_of
from sync_core.bootstrap.operator import Operator
from sync_core.engine.model.actor import MACHINE, Actor
from sync_core.engine.model.probed import HEARD, NOT_SEEN
from sync_core.engine.model.words import ContractState
from sync_core.errors import Gone, Invalid, NoAccount, NotAllowed, Refused

Found = tuple[str, str]  # question, position
_MANY = "contracts/{id}/data_fields"
_ONE = "contracts/{id}/data_fields/{field}"
_FEW = 2  # data fields are enough to see whether many travel together
_EVENT = "data_field"
_OWN = "probe-participant"


@dataclass
class OneflowProbe:
    """`second`: the e-mail of another user, who writes as well; `wait`: seconds for the webhook; `unasked`: what was
    not asked, and why."""

    operator: Operator
    place: Place
    second: str | None = None
    wait: float = 30.0
    sleep: Callable[[float], None] = time.sleep
    told: Callable[[str], None] = lambda what: None
    removed: int = field(default=0, init=False)
    unasked: list[str] = field(default_factory=list, init=False)

    def run(self) -> Iterator[Found]:
        """The draft is removed at the end, whatever happens; one that a killed probe left, at the beginning."""
        api, marks = self.operator.oneflow, self.operator.marks
        draft = Draft(api, marks, self.sleep)
        self.told("drafts left behind")
        self.removed = draft.remove_left_behind()
        self.told("templates")
        fields = self._usable_fields()
        yield from self._catalogue()
        try:
            self.told("the draft")
            made = draft.make(self.place, dict.fromkeys(fields, "1"))
            assert draft.id is not None, "it was just made"
            steps = _Steps(self, draft.id, draft.name, fields, made)
            for name, ask in steps.parts():
                self.told(name)
                yield from _asked(ask)
        finally:
            self.told("the draft's end")
            gone = _removed(self.operator, draft)
        yield "deleted_status", gone

    # --- before there is a draft --------------------------------------------------------------------------------------

    def _usable_fields(self) -> list[str]:
        """Custom ids of fields that the template takes. Invalid where it is not there or has none."""
        templates = {one.id: one for one in self.operator.contracts.templates(self.place.workspace_id)}
        template = templates.get(self.place.template_id)
        if template is None:
            raise Invalid("There is no such active template in this workspace.")
        kind = template.template_type_id
        if kind is None:
            raise Invalid("This template has no template type, hence no data fields; name one that has.")
        fields = self.operator.contracts.template_fields(kind)
        usable = [one.custom_id for one in fields if one.active and one.source == "user"][:_FEW]
        if not usable:
            raise Invalid("This template's type has no data field that may be filled; name one that has.")
        self._kind = kind
        return usable

    def _catalogue(self) -> Iterator[Found]:
        yield from _asked(self._types)
        yield from _asked(self._type_fields)
        yield from _asked(self._template_filters)
        yield from _asked(self._sees_all)
        yield from _asked(self._webhook_filters)
        yield from _asked(self._rate_limit)

    def _types(self) -> Iterator[Found]:
        kinds = list(self.operator.oneflow.pages("template_types", MACHINE))
        yield "template_types", "yes" if kinds else "no"

    def _type_fields(self) -> Iterator[Found]:
        at = {"id": self._kind}
        data = self.operator.oneflow.call("GET", "template_types/{id}", MACHINE, at=at).data or {}
        yield "type_fields", "shown" if data.get("data_fields") is not None else "helper"

    def _template_filters(self) -> Iterator[Found]:
        filters: dict[str, str | int] = {"filter[active]": "true", "filter[workspace_ids]": self.place.workspace_id}
        yield "template_filters", self._taken("templates", filters)

    def _taken(self, path: str, params: Mapping[str, str | int]) -> str:
        try:
            self.operator.oneflow.call("GET", path, MACHINE, params=params)
        except Refused as refused:
            if refused.status != 400:
                raise
            return "refused"
        return "taken"

    def _sees_all(self) -> Iterator[Found]:
        """How many contracts there are for the token alone, and how many for its user."""
        one: dict[str, str | int] = {"limit": 1}
        everything = (self.operator.oneflow.as_token("contracts", one).data or {}).get("count")
        users = (self.operator.oneflow.call("GET", "contracts", MACHINE, params=one).data or {}).get("count")
        if isinstance(everything, int) and isinstance(users, int) and everything:
            yield "user_sees_all", "yes" if users >= everything else "no"

    def _webhook_filters(self) -> Iterator[Found]:
        """By the subscription that `connect` made: what it names is what Oneflow took."""
        url = self.operator.callback_url
        ours = self.operator.contracts.subscriptions.ours(url) if url else []
        for one in ours[:1]:
            named = set(events_of(one))
            form = next((n for n, events in enumerate(FORMS) if set(events) == named), None)
            if form is not None:
                yield "webhook_filters", ("all", "connector", "refused")[form]

    def _rate_limit(self) -> Iterator[Found]:
        headers = self.operator.oneflow.as_token("ping").headers
        said = next((headers[one] for one in ("X-RateLimit-Limit", "RateLimit-Limit") if headers.get(one)), "")
        yield "rate_limit", said if said.isascii() and said.isdigit() else NOT_SEEN


class _Steps:
    """What is asked of the draft, in this order."""

    def __init__(self, probe: OneflowProbe, contract_id: int, name: str, fields: Sequence[str], made: Any) -> None:
        self._probe, self._api = probe, probe.operator.oneflow
        self._at, self._name, self._custom_ids = {"id": contract_id}, name, list(fields)
        self._made = made
        self._ids: dict[str, int] = {}

    def parts(self) -> list[tuple[str, Callable[[], Iterator[Found]]]]:
        return [
            ("reading as the user and as the token", self._read),
            ("finding it in the list", self._list),
            ("writing many fields", self._many),
            ("writing one field", self._single),
            ("writing the same again", self._again),
            ("its events", self._events),
            ("its webhook", self._webhook),
            ("a second writer", self._second),
            ("parties and participants", self._people),
            ("products", lambda: products(self._api, self._at, self._shown())),
        ]

    def _shown(self, as_token: bool = False) -> Mapping[str, Any]:
        answer = (
            self._api.as_token(CONTRACT, at=self._at)
            if as_token
            else self._api.call("GET", CONTRACT, MACHINE, at=self._at)
        )
        return answer.data if isinstance(answer.data, Mapping) else {}

    def _read(self) -> Iterator[Found]:
        shown, alone = self._shown(), self._shown(as_token=True)
        rows = list(shown.get("data_fields") or ())
        privates = [row.get("_private_ownerside") or {} for row in rows]
        named = [private.get("custom_id") or row.get("custom_id") for row, private in zip(rows, privates, strict=True)]
        state = shown.get("state")
        known = isinstance(state, str) and state in {str(one) for one in ContractState} - {"unknown"}
        yield "state_form", "text" if known else "unknown" if isinstance(state, str) else "number"
        if rows:
            yield "custom_ids", "shown" if all(named) else "absent"
            yield "updated_times", "shown" if all(one.get("updated_time") for one in privates) else "absent"
        others = alone.get("data_fields") or ()
        by_name = {**_by_custom_id(self._made.get("data_fields") or ()), **_by_custom_id(others), **_by_custom_id(rows)}
        self._ids = {one: by_name[one] for one in self._custom_ids if one in by_name}
        if not self._ids:  # nothing names them: any that are there will do
            self._ids = {str(row["id"]): int(row["id"]) for row in rows[:_FEW]}

    def _list(self) -> Iterator[Found]:
        yield "contract_filters", self._found_by({"filter[name]": self._name})
        match = {"filter[data_field_match]": f"{self._custom_ids[0]}:1"}
        yield "field_match", self._found_by(match)

    def _found_by(self, params: Mapping[str, str | int]) -> str:
        """A list may lag: it is looked at again before it is said that it does not find it."""
        for look in range(3):
            if self._probe._taken("contracts", params) == "refused":
                return "refused"
            rows = listed(self._api.call("GET", "contracts", MACHINE, params=params).data)
            if any(isinstance(row, Mapping) and row.get("id") == self._at["id"] for row in rows):
                return "taken"
            if look < 2:
                self._probe.sleep(2.0)
        return "not_found"

    def _many(self) -> Iterator[Found]:
        items = [{"id": number, "value": "2"} for number in self._ids.values()]
        forms: tuple[tuple[str, Any], ...] = (("data_fields", {"data_fields": items}), ("list", items))
        for form, body in forms:
            try:
                self._api.call("PUT", _MANY, MACHINE, at=self._at, json=body)
            except (Refused, Gone) as refused:
                if refused.status not in (400, 404, 405):
                    raise
                continue
            yield "many_fields", form
            return
        yield "many_fields", "single"

    def _single(self) -> Iterator[Found]:
        """By its number; then by its custom id, as Oneflow's own connector does."""
        before = self._shown().get("updated_time")
        self._probe.sleep(1.1)  # times have whole seconds
        name, number = next(iter(self._ids.items()))
        self._put(number, "3")
        yield "contract_time_moves", "yes" if self._shown().get("updated_time") != before else "no"
        try:
            self._put(f"c::{name}", "4")
        except (Refused, Gone):
            yield "one_by_custom_id", "no"
        else:
            yield "one_by_custom_id", "yes"

    def _again(self) -> Iterator[Found]:
        number = next(iter(self._ids.values()))
        self._put(number, "5")
        before = len(self._event_rows())
        self._put(number, "5")
        yield "same_value_counts", "yes" if len(self._event_rows()) > before else "no"

    def _put(self, field_key: object, text: str, actor: Actor = MACHINE) -> Any:
        return self._api.call("PUT", _ONE, actor, at={**self._at, "field": field_key}, json={"value": text}).data

    def _event_rows(self, sort: str = "") -> list[Mapping[str, Any]]:
        params: dict[str, str | int] = {"limit": 100} | ({"sort": sort} if sort else {})
        data = self._api.call("GET", "contracts/{id}/events", MACHINE, at=self._at, params=params).data
        return [row for row in listed(data) if isinstance(row, Mapping)]

    def _events(self) -> Iterator[Found]:
        rows = self._event_rows()
        made = sorted({str(row.get("type") or "") for row in rows if _EVENT in str(row.get("type"))})
        yield "event_types", ", ".join(made) or "none"
        try:
            ordered = [int(row.get("id") or 0) for row in self._event_rows("-id")]
        except Refused:
            yield "event_sort", "refused"
        else:
            if len(set(ordered)) > 1:
                yield "event_sort", "honoured" if ordered == sorted(ordered, reverse=True) else "ignored"
        of_fields = [row for row in rows if _EVENT in str(row.get("type"))]
        if of_fields:
            yield "events_name_field", "yes" if all(_names_field(row) for row in of_fields) else "no"
            yield "events_carry_changes", "yes" if all(_changes(row) for row in of_fields) else "no"

    def _webhook(self) -> Iterator[Found]:
        """At the app, which tells of it in storage; only where webhooks are on."""
        url = self._probe.operator.callback_url
        if not url or not self._probe.operator.contracts.subscriptions.ours(url):
            return
        left = self._probe.wait
        while True:
            if self._probe.operator.marks.all().get(HEARD) == str(self._at["id"]):
                yield "draft_webhook", "yes"
                return
            if left <= 0:
                yield "draft_webhook", "no"
                return
            self._probe.sleep(min(1.0, left))
            left -= 1.0

    def _second(self) -> Iterator[Found]:
        if not self._probe.second:
            return
        number = next(iter(self._ids.values()))
        self._put(number, "6")
        try:
            self._put(number, "7", Actor(email=self._probe.second, user_id="second"))
        except NoAccount:
            self._probe.unasked.append("a second writer: Oneflow knows no active user with this address")
            return
        except (Refused, NotAllowed):
            yield "second_writer", "refused"
            return
        texts = {row.get("id"): row.get("value") for row in self._shown().get("data_fields") or ()}
        yield "second_writer", "overwrites" if texts.get(number) == "7" else "ignored"

    def _people(self) -> Iterator[Found]:
        """With a body that changes nothing, which is documented to be taken."""
        for party in (self._shown().get("parties") or ())[:1]:
            at = {**self._at, "party": party.get("id")}
            yield "party_update", self._by_put("contracts/{id}/parties/{party}", at)
            for person in (party.get("participants") or ())[:1]:
                path = "contracts/{id}/parties/{party}/participants/{person}"
                here = {**at, "person": person.get("id")}
                yield "participant_update", self._by_put(path, here)
                self._api.call("PUT", path, MACHINE, at=here, json={"_private_ownerside": {"custom_id": _OWN}})
                people = [one for each in self._shown().get("parties") or () for one in each.get("participants") or ()]
                own = [(one.get("_private_ownerside") or {}).get("custom_id") for one in people]
                yield "participant_custom_id", "yes" if _OWN in own else "no"

    def _by_put(self, path: str, at: Mapping[str, object]) -> str:
        try:
            self._api.call("PUT", path, MACHINE, at=at, json={})
        except (Refused, Gone):
            return "no"
        return "put"


def _removed(operator: Operator, draft: Draft) -> str:
    """The status of a read after the delete."""
    number = draft.id
    draft.remove()
    if number is None:
        return NOT_SEEN
    try:
        operator.oneflow.call("GET", CONTRACT, MACHINE, at={"id": number})
    except (Gone, NotAllowed, Refused) as error:
        return str(error.status)
    return "200"


def _asked(ask: Callable[[], Iterator[Found]]) -> Iterator[Found]:
    """What was found before a question failed stays found; a whole connection that fails ends the probe."""
    try:
        yield from ask()
    except (Refused, Gone, NotAllowed):
        return


def _by_custom_id(rows: Any) -> dict[str, int]:
    found = {}
    for row in rows:
        name = (row.get("_private_ownerside") or {}).get("custom_id") or row.get("custom_id")
        if name and isinstance(row.get("id"), int):
            found[str(name)] = int(row["id"])
    return found


def _names_field(row: Mapping[str, Any]) -> bool:
    data = row.get("data") or {}
    subject = row.get("subject")
    return bool(
        data.get("data_field")
        or (isinstance(subject, Mapping) and subject.get("id"))
        or all(isinstance(one, Mapping) and one.get("data_field") for one in data.get("changes") or [None])
    )


def _changes(row: Mapping[str, Any]) -> bool:
    changes = (row.get("data") or {}).get("changes") or ()
    return any(isinstance(one, Mapping) and "from" in one and "to" in one for one in changes)
