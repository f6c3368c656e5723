"""What should be registered, from the mapping, the settings and the pages. Pure."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cli.connect.items import Kind, Wanted
from dynamics.description.commands import BUTTON, JAVASCRIPT, OF_TABLE, ON_FORM, PRIMARY_CONTROL, commands_of
from dynamics.description.contract import CONTRACT
from dynamics.description.messages import MESSAGES
from dynamics.description.pages import Page
from dynamics.description.publisher import LOOSE_VERSION, OPTION_PREFIX, PREFIX, PUBLISHER, SOLUTION, TITLE
from dynamics.description.roles import APPLICATION
from dynamics.description.steps import (
    AFTERWARDS,
    ASYNCHRONOUS,
    ENDPOINT,
    ENTITIES,
    JSON,
    STEPS,
    WEBHOOK,
    WEBHOOK_KEY,
    step_name,
)
from dynamics.description.variables import APP_URL
from dynamics.files.widget_tab import PARTS
from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.rows.privileges import ALWAYS, Need
from sync_core.usecases.sync.open import columns_watched

ROLE = APPLICATION.name
_NOTE = 2000  # characters that a role's description takes
_GLOBAL, _ASYNC_ONLY = 0, 1
_OFF = 1  # statecode of a step


@dataclass(frozen=True, slots=True)
class Facts:
    """What the plan is made from. `needs`: what the mappings need of Dynamics, each with its privilege's name;
    `pages`: the web resources; `template_types`: those that Oneflow's webhooks are for, empty for all."""

    mappings: Sequence[EntityMapping]
    needs: Mapping[Need, str]
    pages: Sequence[Page]
    public_url: str
    events_key: str
    callback_url: str
    sign_key: str
    events: frozenset[str]
    template_types: Sequence[int] = ()
    imported: bool = False  # the solution was imported: only what differs per environment is left to do
    forms: Mapping[str, str] = field(default_factory=dict)  # with the widget's tab on them: name -> id


def fingerprint(*secrets: str) -> str:
    """Tells one secret from another and nothing else of it: both are long and random."""
    return hashlib.sha256("\0".join(secrets).encode()).hexdigest()[:12]


def wanted(facts: Facts) -> list[Wanted]:
    mapped = [mapping for mapping in facts.mappings if mapping.fields]
    if facts.imported:
        return [
            *role(facts.needs, imported=True),
            _endpoint(facts),
            *_steps(mapped),
            *_unmapped(mapped),
            *_commands(mapped),
            Wanted(Kind.VARIABLE, APP_URL.name, {"value": facts.public_url}),
            *(Wanted(Kind.FORM, name, {"parts": PARTS}, {"formid": one}) for name, one in facts.forms.items()),
            *webhooks(facts),
        ]
    return [
        *role(facts.needs),
        _endpoint(facts),
        *_custom_apis(),
        *_steps(mapped),
        *_web_resources(facts.pages),
        *webhooks(facts),
    ]


def _home() -> Iterable[Wanted]:
    yield Wanted(
        Kind.PUBLISHER,
        PUBLISHER,
        {"friendlyname": TITLE.en},
        {"uniquename": PUBLISHER, "customizationprefix": PREFIX, "customizationoptionvalueprefix": OPTION_PREFIX},
    )
    yield Wanted(
        Kind.SOLUTION,
        SOLUTION,
        {"friendlyname": TITLE.en, "version": LOOSE_VERSION},
        {"uniquename": SOLUTION},
        refs={"publisherid": (Kind.PUBLISHER, PUBLISHER)},
    )


def role(needs: Mapping[Need, str], imported: bool = False) -> Iterable[Wanted]:
    """The role of the application user, with the solution it is kept in: what the mappings need, and nothing else of
    business data. With the solution's table, also what its rows are written with."""
    if not imported:
        yield from _home()
    verbs: dict[str, list[str]] = {}
    for need in sorted(needs, key=lambda one: one.entity):
        verbs.setdefault(need.entity, []).append(need.verb.lower())
    tables = [f"{entity}: {', '.join(sorted(each))}" for entity, each in verbs.items()]
    note = f"Made for the Oneflow field sync. {'; '.join(tables) or 'No table is mapped'}."
    own = [name for name, _ in APPLICATION.privileges if name.endswith(CONTRACT.name)] if imported else []
    columns = {"privileges": frozenset({*ALWAYS, *needs.values(), *own}), "tables": note[:_NOTE]}
    yield Wanted(Kind.ROLE, ROLE, {"name": ROLE})
    yield Wanted(Kind.PRIVILEGES, ROLE, columns, refs={"role": (Kind.ROLE, ROLE)})
    yield Wanted(Kind.ASSIGNMENT, ROLE, refs={"role": (Kind.ROLE, ROLE)})


def _endpoint(facts: Facts) -> Wanted:
    """Without the key (the doctor may lack it) its fingerprint is not compared."""
    known = facts.events_key
    note = {"description": f"Made for the Oneflow field sync. Key {fingerprint(known)}."} if known else {}
    return Wanted(
        Kind.ENDPOINT,
        ENDPOINT,
        {
            "name": ENDPOINT,
            "url": f"{facts.public_url}/api/dynamics/events",
            "contract": WEBHOOK,
            "authtype": WEBHOOK_KEY,
            "messageformat": JSON,
            **note,
        },
        secret={"authvalue": known} if known else {},
    )


def _custom_apis() -> Iterable[Wanted]:
    for message in MESSAGES:
        yield Wanted(
            Kind.CUSTOM_API,
            message.name,
            {
                "name": message.name,
                "displayname": message.label.en,
                "description": message.about.en,
                "isprivate": False,
            },
            {
                "uniquename": message.name,
                "bindingtype": _GLOBAL,
                "isfunction": False,
                "allowedcustomprocessingsteptype": _ASYNC_ONLY,
            },
        )
        for parameter in message.parameters:
            name = f"{message.name}.{parameter.name}"
            yield Wanted(
                Kind.PARAMETER,
                name,
                {"name": name, "displayname": parameter.label.en, "description": parameter.label.en},
                {"uniquename": parameter.name, "type": int(parameter.kind), "isoptional": parameter.optional},
                refs={"CustomAPIId": (Kind.CUSTOM_API, message.name)},
            )


def _steps(mapped: Sequence[EntityMapping]) -> Iterable[Wanted]:
    """An Update is told only where a column is saved that a sync looks at after creation."""
    for mapping in mapped:
        columns = columns_watched(mapping)
        if columns:
            yield _step(step_name("Update", mapping.entity), ",".join(columns))
        yield _step(step_name("Delete", mapping.entity))
    for message in MESSAGES:
        yield _step(step_name(message.name), refs={"sdkmessageid": (Kind.CUSTOM_API, message.name)})


def _unmapped(mapped: Sequence[EntityMapping]) -> Iterable[Wanted]:
    """Steps that the solution brings for tables without a mapping are switched off."""
    wanted = {one.name for one in _steps(mapped)}
    for step in STEPS:
        if step.name not in wanted:
            yield Wanted(Kind.STEP, step.name, {"statecode": _OFF})


def _commands(mapped: Sequence[EntityMapping]) -> Iterable[Wanted]:
    """The solution's own, should its import have left them out, and those of further tables."""
    for entity in dict.fromkeys([*ENTITIES, *(mapping.entity for mapping in mapped)]):
        for command in commands_of(entity):
            yield Wanted(
                Kind.COMMAND,
                command.name,
                {},
                {
                    "uniquename": command.name,
                    "name": command.name,
                    "context": OF_TABLE,
                    "contextvalue": command.entity,
                    "location": ON_FORM,
                    "type": BUTTON,
                    "buttonlabeltext": command.label.en,
                    "buttontooltiptitle": command.label.en,
                    "buttonsequencepriority": command.sequence,
                    "onclickeventtype": JAVASCRIPT,
                    "onclickeventjavascriptfunctionname": command.function,
                    "onclickeventjavascriptparameters": PRIMARY_CONTROL,
                },
            )


def _step(name: str, filtering: str | None = None, refs: Mapping[str, tuple[Kind, str]] | None = None) -> Wanted:
    return Wanted(
        Kind.STEP,
        name,
        {
            "name": name,
            "stage": AFTERWARDS,
            "mode": ASYNCHRONOUS,
            "rank": 1,
            "supporteddeployment": 0,
            "asyncautodelete": True,
            "filteringattributes": filtering,
            "statecode": 0,
        },
        refs={"eventhandler_serviceendpoint": (Kind.ENDPOINT, ENDPOINT), **(refs or {})},
    )


def _web_resources(pages: Sequence[Page]) -> Iterable[Wanted]:
    for page in pages:
        yield Wanted(
            Kind.WEB_RESOURCE,
            page.name,
            {"displayname": page.path, "content": base64.b64encode(page.content).decode()},
            {"name": page.name, "webresourcetype": page.kind},
        )
    yield Wanted(Kind.PUBLISH, "web resources", {"published": True})


def webhooks(facts: Facts) -> Iterable[Wanted]:
    """One per wanted template type, or one for all."""
    for kind in facts.template_types or (None,):
        yield Wanted(
            Kind.WEBHOOK,
            webhook_name(kind),
            {
                "address": fingerprint(facts.callback_url),
                "events": tuple(sorted(facts.events)),
                "sign key": fingerprint(facts.sign_key),
            },
            {"template_group_id": kind},
            {"callback_url": facts.callback_url, "sign_key": facts.sign_key},
        )


def webhook_name(template_type_id: int | None) -> str:
    return f"for template type {template_type_id}" if template_type_id else "for all template types"
