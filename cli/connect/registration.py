"""Both vendors together: what is wanted, what is found, and the changes one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cli.connect.blocked import Possible, possible
from cli.connect.dynamics import DynamicsFound
from cli.connect.dynamics_apply import DynamicsApply
from cli.connect.items import Change, Found, Kind
from cli.connect.oneflow import ALL_EVENTS, OneflowPart
from cli.connect.planner import plan, removal
from cli.connect.role import mapped, needed
from cli.connect.told import told_of
from cli.connect.wanted import Facts, wanted
from dynamics.description.pages import pages
from dynamics.files.widget_tab import TAB
from sync_core.bootstrap.operator import Operator
from sync_core.engine.model.actor import MACHINE
from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.model.words import OneflowKind
from sync_core.errors import ConfigurationError, Invalid
from sync_core.usecases.administration.connection import SIGNED_WITH
from sync_core.usecases.administration.registrations import note_disconnected, note_registered

EVENTS_KEY = "DYNAMICS_EVENTS_KEY"
_NO_KEY = (
    f"{EVENTS_KEY} is missing: the key of the function dynamics_events, which Dynamics sends along "
    "(portal: Functions > dynamics_events > Function keys)."
)
_NO_URL = "PUBLIC_URL is missing: the app's address, e.g. https://NAME.azurewebsites.net."


@dataclass(frozen=True, slots=True)
class ConnectRequest:
    """`template_types`: ids, or "mapped", or "all"; empty: as it is now. `forms`: to get the widget's tab, beside those
    that have it."""

    template_types: Sequence[str] = ()
    forms: Sequence[str] = ()


class Registration:
    """One look at both vendors; `changes` is what it takes, `apply` does it."""

    def __init__(self, operator: Operator, env: Mapping[str, str], request: ConnectRequest | None = None) -> None:
        """`request` None: everything goes."""
        self._operator, self._env, self._request = operator, env, request
        self._oneflow = OneflowPart(operator, SIGNED_WITH)
        self._dynamics = DynamicsFound(operator.dataverse, operator.settings.client_id)
        self._found: list[Found] = []
        self.changes: list[Change] = []

    def look(self, need_key: bool = True) -> Sequence[Change]:
        """ConfigurationError where a setting is missing that the plan needs."""
        problems = [] if self._operator.settings.public_url else [_NO_URL]
        if need_key and self._request is not None and not self._env.get(EVENTS_KEY):
            problems.append(_NO_KEY)
        if problems:
            raise ConfigurationError(problems)
        self._found = [*self._dynamics.read(), *self._oneflow.read()]
        if self._request is not None:
            self._dynamics.must_have_user()
        self.changes = (
            removal(self._found) if self._request is None else plan(wanted(self._facts(self._request)), self._found)
        )
        return self.changes

    def keep_to_what_is_possible(self, refused: Kind) -> Possible:
        """From now on nothing is changed that an environment refuses which blocks unmanaged customizations; `refused`:
        what it just refused."""
        found = possible(self.changes, endpoint=refused is not Kind.ENDPOINT)
        self.changes = list(found.changes)
        return found

    def apply(self) -> Iterator[Change]:
        """Each change once it is done. Blocked where the environment refuses a customization: what it may refuse is
        tried first of all, so that nothing is half done then."""
        dynamics = DynamicsApply(self._operator.dataverse, self._found, self._dynamics)
        key = self._operator.settings.sign_keys[0]
        first = self._doubtful()[:1] if self._dynamics.managed else []
        for change in [*first, *(one for one in self.changes if one not in first)]:
            part = self._oneflow if change.kind is Kind.WEBHOOK else dynamics
            part.apply(change)
            yield change
        if any(change.kind is Kind.WEBHOOK for change in self.changes):
            self._oneflow.note(key if self._request is not None else "")
        if self._request is None:
            note_disconnected(self._operator.marks)
        else:
            note_registered(self._operator.marks, told_of(self._found, self.changes), self._operator.now())

    def _doubtful(self) -> Sequence[Change]:
        """What a block refuses for sure, then what it may."""
        endpoint = [one for one in self.changes if one.kind is Kind.ENDPOINT]
        return [*possible(self.changes).left_out, *endpoint]

    def _facts(self, request: ConnectRequest) -> Facts:
        operator, known = self._operator, self._operator.settings
        mappings = mapped(operator)
        return Facts(
            mappings,
            needed(operator, mappings, self._dynamics.imported),
            pages(),
            known.public_url or "",
            self._env.get(EVENTS_KEY, ""),
            operator.callback_url or "",
            known.sign_keys[0],
            ALL_EVENTS,
            self._types(request, mappings),
            self._dynamics.imported,
            self._forms(request),
        )

    def _forms(self, request: ConnectRequest) -> Mapping[str, str]:
        """Where a customizer has taken the tab off, it is not put back unasked."""
        kept = {one.name: one.id for one in self._found if one.kind is Kind.FORM and TAB in one.columns["parts"]}
        return kept | dict(self._dynamics.form(chosen) for chosen in request.forms)

    def _types(self, request: ConnectRequest, mappings: Sequence[EntityMapping]) -> Sequence[int]:
        named = list(request.template_types)
        if not named:
            return self._oneflow.types()
        if "all" in named:
            return ()
        types = {int(kind["id"]): kind for kind in self._operator.oneflow.pages("template_types", MACHINE)}
        chosen = [int(one) for one in named if one != "mapped"]
        unknown = [str(one) for one in chosen if one not in types]
        if unknown:
            raise Invalid(f"Oneflow has no template type {', '.join(unknown)}.")
        if "mapped" in named:
            chosen += self._with_mapped_fields(types, mappings)
        return sorted(set(chosen))

    def _with_mapped_fields(
        self, types: Mapping[int, Mapping[str, object]], mappings: Sequence[EntityMapping]
    ) -> list[int]:
        """Those of Oneflow's own Dynamics app are not ours to listen to, unless somebody took them over."""
        closed = self._operator.takeover.closed()
        rows = [row for mapping in mappings for row in mapping.fields if row.oneflow_kind is OneflowKind.DATA_FIELD]
        keys = {row.oneflow_field.casefold() for row in rows}
        found = []
        for kind, body in types.items():
            if body.get("active") is False or kind in closed:
                continue
            fields = self._operator.contracts.template_fields(kind)
            if keys & {field.custom_id.casefold() for field in fields if field.active}:
                found.append(kind)
        if not found:
            raise Invalid("No active template type has a mapped field; name the types instead, or map fields first.")
        return found
