"""Oneflow: the token, the user whom machines act as, and whether the mapped fields exist in its template types."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from cli.checks.finding import Finding, failed, ok, warning
from cli.plural import plural
from sync_core.bootstrap.operator import Operator
from sync_core.engine.model.actor import MACHINE
from sync_core.engine.model.contracts import TemplateField
from sync_core.engine.model.link import Link
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.reasons import PAUSED
from sync_core.engine.model.standing import Standing
from sync_core.engine.model.words import Direction, OneflowKind
from sync_core.errors import ConnectionBroken, NotAllowed

OWNED_BY_ONEFLOW = "dynamics"  # extension_type of what Oneflow's own Dynamics app writes to
_PAGES = 20  # of paused links are looked through
_NEW_TOKEN = "Make a token in Oneflow (Marketplace > API tokens) and put it into ONEFLOW_API_TOKEN."


class OneflowCheck:
    """`well` once the account answers to the token and the user both."""

    def __init__(self, operator: Operator) -> None:
        self._operator, self._api = operator, operator.oneflow
        self.well = False

    def account(self) -> Iterator[Finding]:
        """The token first, alone: one status stands for a bad token and for an unknown user."""
        try:
            self._api.as_token("accounts/me")
        except (ConnectionBroken, NotAllowed) as error:
            yield failed("oneflow.token", f"Oneflow does not take the token ({error}).", _NEW_TOKEN)
            return
        yield ok("oneflow.token", "Oneflow takes the token.")
        try:
            self._api.call("GET", "ping", MACHINE)
            places = list(self._api.pages("workspaces", MACHINE))
        except (ConnectionBroken, NotAllowed):
            yield self._no_user()
            return
        self.well = True
        yield ok("oneflow.user", "ONEFLOW_USER_EMAIL is an active user.")
        usable = [one for one in places if (one.get("_permissions") or {}).get("contract:create", True)]
        if not usable:
            yield failed(
                "oneflow.workspaces",
                f"ONEFLOW_USER_EMAIL sees {plural(len(places), 'workspace')} and may create contracts in none.",
                "Give this user a role that may create and edit contracts in the workspaces that the sync is for.",
            )
        else:
            yield ok("oneflow.workspaces", f"Contracts can be created in {plural(len(usable), 'workspace')}.")

    def webhooks(self) -> Iterator[Finding]:
        """What Oneflow did not take of a subscription that is up to date otherwise."""
        url = self._operator.callback_url
        found = self._operator.contracts.subscription(url) if self.well and url else None
        if found is not None and found.current and found.said:
            mend = "Nothing is lost by it; ask Oneflow's support which event types the account may name."
            yield warning("oneflow.webhook_events", found.said, mend)

    def _no_user(self) -> Finding:
        users = {
            str(one.get("email") or "").lower(): one for one in _rows(self._api.as_token("users", {"limit": 100}).data)
        }
        known = users.get(self._operator.settings.oneflow_email.lower())
        if known is None:
            return failed(
                "oneflow.user",
                "ONEFLOW_USER_EMAIL is no user of this Oneflow account.",
                "Invite a user with this e-mail to the account, or set ONEFLOW_USER_EMAIL to one who is there.",
            )
        return failed(
            "oneflow.user",
            "ONEFLOW_USER_EMAIL is a user of this account who is not active.",
            "Activate the user in Oneflow (Admin > Users), or set ONEFLOW_USER_EMAIL to an active one.",
        )

    def fields(self, mappings: Sequence[EntityMapping]) -> Iterator[Finding]:
        """Each mapped field against the active template types."""
        rows = [(mapping.entity, row) for mapping in mappings for row in mapping.fields]
        wanted = [(entity, row) for entity, row in rows if row.oneflow_kind is OneflowKind.DATA_FIELD]
        if not self.well or not wanted:
            return
        found = self._fields_of_types()
        if not found:
            yield failed(
                "oneflow.template_types",
                "Oneflow shows no active template type, so there are no data fields to map or to fill.",
                "Have the extension for template types switched on for the account (Oneflow's support does it where it "
                "is not in Marketplace), and give the templates that are used a type with data fields.",
            )
            return
        places: dict[str, list[str]] = defaultdict(list)
        for (type_name, _, _), fields in found.items():
            for custom_id in fields:
                places[custom_id].append(type_name)
        lost = 0
        for entity, row in wanted:
            if row.oneflow_field.casefold() not in places:
                lost += 1
                yield self._no_such_field(entity, row, list(places))
        if not lost:
            yield ok("oneflow.fields", "Every mapped field exists in a template type.")
        keys = {row.oneflow_field.casefold(): row for _, row in wanted}
        opened = self._operator.takeover.opened()
        for (type_name, owner, number), fields in found.items():
            shared = sorted(keys.keys() & fields.keys())
            if shared and owner == OWNED_BY_ONEFLOW and number not in opened:
                yield warning(
                    "oneflow.types",
                    f"The template type {type_name!r} belongs to Oneflow's own Dynamics app, which writes to "
                    f"{', '.join(shared)} as well.",
                    "Use a template type of your own for this sync, or switch Oneflow's app off for this type and take "
                    "it over (`link takeover`).",
                )
            for key in shared:
                if fields[key].source == "system":
                    yield self._system(type_name, keys[key])

    def second_writer(self) -> Iterator[Finding]:
        """Of template types that were taken over from Oneflow's own app: does it still write?"""
        opened = self._operator.takeover.opened() if self.well else frozenset()
        if not opened:
            return
        fought = [one for one in self._paused() if one.template_type_id in opened and one.reason == PAUSED.text]
        if not fought:
            yield ok(
                "oneflow.takeover", f"{plural(len(opened), 'template type')} taken over; no sign of a second writer."
            )
            return
        types = ", ".join(sorted({str(one.template_type_id) for one in fought}))
        yield warning(
            "oneflow.takeover",
            f"A second system seems to write the values of contracts of types that were taken over ({types}): "
            f"{plural(len(fought), 'link')} paused, since their values were written again and again.",
            "Switch the two-way sync of Oneflow's own app off (Oneflow Administration > Setup Entities > Data fields), "
            "or close the template type again (`link close`).",
        )

    def _paused(self) -> Iterator[Link]:
        after: str | None = None
        for _ in range(_PAGES):
            page, after = self._operator.link_desk.page(Standing.PAUSED, None, None, after)
            for one in page:
                if opened := self._operator.links.open(one["contract_id"]):
                    yield opened.link
            if after is None:
                return

    @staticmethod
    def _no_such_field(entity: str, row: FieldMapping, known: Sequence[str]) -> Finding:
        close = get_close_matches(row.oneflow_field.casefold(), known, 1, 0.7)
        hint = f" Did you mean {close[0]}?" if close else ""
        return failed(
            f"oneflow.field.{row.oneflow_field}",
            f"No active template type has a data field with the custom id {row.oneflow_field} "
            f"({entity}.{row.dynamics_column}).",
            f"Add the field to the template type in Oneflow, or correct the row.{hint}",
        )

    @staticmethod
    def _system(type_name: str, row: FieldMapping) -> Finding:
        return warning(
            f"oneflow.field.{row.oneflow_field}",
            f"{row.oneflow_field} of {type_name!r} is filled by Oneflow itself and keeps nothing else.",
            "Map a field that people fill"
            + (
                ", or read it another way: it can only go from Oneflow to Dynamics."
                if row.direction is Direction.TWO_WAY
                else "."
            ),
        )

    def _fields_of_types(self) -> dict[tuple[str, str, int], Mapping[str, TemplateField]]:
        """(type's name, owner, number) -> folded custom_id -> field."""
        found: dict[tuple[str, str, int], Mapping[str, TemplateField]] = {}
        for kind in self._api.pages("template_types", MACHINE):
            if kind.get("active") is False:
                continue
            fields = self._operator.contracts.template_fields(int(kind["id"]))
            name = f"{kind.get('name')} ({kind['id']})"
            found[name, str(kind.get("extension_type") or "").casefold(), int(kind["id"])] = {
                field.custom_id.casefold(): field for field in fields if field.active
            }
        return found


def _rows(data: Any) -> list[Any]:
    rows = data.get("data") if isinstance(data, Mapping) else data
    return list(rows or ())
