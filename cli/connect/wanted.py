"""What should be registered, from the mapping, the settings and the pages. Pure."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cli.connect.items import Kind, Wanted
from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.rows.privileges import ALWAYS, Need
from sync_core.usecases.sync.open import columns_watched

PUBLISHER, SOLUTION, PREFIX = "oneflowsync", "OneflowFieldSync", "ofs"
ENDPOINT, ROLE = "Oneflow sync", "Oneflow sync application"
_NOTE = 2000  # characters that a role's description takes
_STRING, _BOOLEAN, _REFERENCE = 10, 0, 5
_GLOBAL, _ASYNC_ONLY, _ASYNC, _AFTER = 0, 1, 1, 40
_WEBHOOK, _WEBHOOK_KEY, _JSON = 8, 4, 2
_KINDS = {".html": 1, ".css": 2, ".js": 3, ".xml": 4, ".png": 5, ".jpg": 6, ".gif": 7, ".ico": 10, ".svg": 11}
# name, what it does, its parameters: name, type, optional
_APIS = (
    (
        "ofs_PushUpdates",
        "Push a record's mapped columns to one contract, or to all of them",
        (("Target", _REFERENCE, False), ("ContractId", _STRING, True), ("ConfirmSignatureReset", _BOOLEAN, True)),
    ),
    (
        "ofs_FetchUpdates",
        "Fetch a contract's mapped data fields into its record",
        (("Target", _REFERENCE, False), ("ContractId", _STRING, False)),
    ),
    (
        "ofs_CreateContract",
        "Create a contract from a record",
        (
            ("Target", _REFERENCE, False),
            ("TemplateId", _STRING, False),
            ("WorkspaceId", _STRING, False),
            ("Name", _STRING, False),
            ("Parties", _STRING, True),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the plan is made from. `needs`: what the mappings need of Dynamics, each with its privilege's name;
    `pages`: path -> content; `template_types`: those that Oneflow's webhooks are for, empty for all."""

    mappings: Sequence[EntityMapping]
    needs: Mapping[Need, str]
    pages: Mapping[str, bytes]
    public_url: str
    events_key: str
    callback_url: str
    sign_key: str
    events: frozenset[str]
    template_types: Sequence[int] = ()


def fingerprint(*secrets: str) -> str:
    """Tells one secret from another and nothing else of it: both are long and random."""
    return hashlib.sha256("\0".join(secrets).encode()).hexdigest()[:12]


def wanted(facts: Facts) -> list[Wanted]:
    mapped = [mapping for mapping in facts.mappings if mapping.fields]
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
        {"friendlyname": "Oneflow field sync"},
        {"uniquename": PUBLISHER, "customizationprefix": PREFIX, "customizationoptionvalueprefix": 72_310},
    )
    yield Wanted(
        Kind.SOLUTION,
        SOLUTION,
        {"friendlyname": "Oneflow field sync", "version": "1.0.0.0"},
        {"uniquename": SOLUTION},
        refs={"publisherid": (Kind.PUBLISHER, PUBLISHER)},
    )


def role(needs: Mapping[Need, str]) -> Iterable[Wanted]:
    """The role of the application user, with the solution it is kept in: what the mappings need, and nothing else of
    business data."""
    yield from _home()
    verbs: dict[str, list[str]] = {}
    for need in sorted(needs, key=lambda one: one.entity):
        verbs.setdefault(need.entity, []).append(need.verb.lower())
    tables = [f"{entity}: {', '.join(sorted(each))}" for entity, each in verbs.items()]
    note = f"Made for the Oneflow field sync. {'; '.join(tables) or 'No table is mapped'}."
    columns = {"privileges": frozenset({*ALWAYS, *needs.values()}), "tables": note[:_NOTE]}
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
            "contract": _WEBHOOK,
            "authtype": _WEBHOOK_KEY,
            "messageformat": _JSON,
            **note,
        },
        secret={"authvalue": known} if known else {},
    )


def _custom_apis() -> Iterable[Wanted]:
    for name, title, parameters in _APIS:
        yield Wanted(
            Kind.CUSTOM_API,
            name,
            {"name": name, "displayname": title, "description": title, "isprivate": False},
            {
                "uniquename": name,
                "bindingtype": _GLOBAL,
                "isfunction": False,
                "allowedcustomprocessingsteptype": _ASYNC_ONLY,
            },
        )
        for parameter, kind, optional in parameters:
            yield Wanted(
                Kind.PARAMETER,
                f"{name}.{parameter}",
                {"name": f"{name}.{parameter}", "displayname": parameter, "description": parameter},
                {"uniquename": parameter, "type": kind, "isoptional": optional},
                refs={"CustomAPIId": (Kind.CUSTOM_API, name)},
            )


def _steps(mapped: Sequence[EntityMapping]) -> Iterable[Wanted]:
    """An Update is told only where a column is saved that a sync looks at after creation."""
    for mapping in mapped:
        columns = columns_watched(mapping)
        if columns:
            yield _step(f"Update of {mapping.entity}", ",".join(columns))
        yield _step(f"Delete of {mapping.entity}")
    for name, _, _ in _APIS:
        yield _step(name, refs={"sdkmessageid": (Kind.CUSTOM_API, name)})


def _step(what: str, filtering: str | None = None, refs: Mapping[str, tuple[Kind, str]] | None = None) -> Wanted:
    return Wanted(
        Kind.STEP,
        f"Oneflow sync: {what}",
        {
            "name": f"Oneflow sync: {what}",
            "stage": _AFTER,
            "mode": _ASYNC,
            "rank": 1,
            "supporteddeployment": 0,
            "asyncautodelete": True,
            "filteringattributes": filtering,
            "statecode": 0,
        },
        refs={"eventhandler_serviceendpoint": (Kind.ENDPOINT, ENDPOINT), **(refs or {})},
    )


def _web_resources(pages: Mapping[str, bytes]) -> Iterable[Wanted]:
    """A web resource's name has no dash: dashes of file names become underscores, also where a file names another."""
    renamed = {path.rsplit("/", 1)[-1]: path.rsplit("/", 1)[-1].replace("-", "_") for path in pages}
    changed = [(old.encode(), new.encode()) for old, new in renamed.items() if old != new]
    for path, content in sorted(pages.items()):
        kind = _KINDS.get(path[path.rfind(".") :])
        if kind is None:
            continue
        for old, new in changed:
            content = content.replace(old, new)
        name = f"{PREFIX}_/{path.replace('-', '_')}"
        yield Wanted(
            Kind.WEB_RESOURCE,
            name,
            {"displayname": path, "content": base64.b64encode(content).decode()},
            {"name": name, "webresourcetype": kind},
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
