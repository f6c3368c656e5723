"""Users, their rights, and whom a contract may invite."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sync_core.adapters.dataverse.api import ANNOTATIONS, DataverseApi
from sync_core.adapters.dataverse.cells import wire_name
from sync_core.adapters.dataverse.metadata import Metadata
from sync_core.engine.model.actor import Actor
from sync_core.engine.model.contacts import Contact
from sync_core.engine.values import REFERENCES
from sync_core.errors import Gone, NotAllowed

KEPT = 300.0  # seconds
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_PERSON = "systemuserid,fullname,internalemailaddress,isdisabled"
_CONTACT = "contactid,fullname,emailaddress1,mobilephone,telephone1,_parentcustomerid_value"
_REFERENCES = ("parentcontactid", "contactid", "customerid", "parentaccountid", "accountid")
_MOST = 50


def is_guid(text: str) -> bool:
    return _GUID.fullmatch(text) is not None


class Callers:
    def __init__(self, api: DataverseApi, metadata: Metadata, monotonic: Callable[[], float]) -> None:
        self._api, self._metadata, self._monotonic = api, metadata, monotonic
        self._known: dict[str, tuple[float, Actor]] = {}
        self._guard = threading.Lock()

    def person(self, object_id: str) -> Actor:
        """NotAllowed where Dataverse has no enabled user with this Entra object id."""
        if not is_guid(object_id):
            raise NotAllowed("You are signed in with an account that Dynamics cannot know.", side="dynamics")
        key = object_id.lower()
        with self._guard:
            until, known = self._known.get(key, (0.0, None))
        if known and self._monotonic() < until:
            return known
        params = {"$select": _PERSON, "$filter": f"azureactivedirectoryobjectid eq {key}"}
        row = next((one for one in self._api.rows("systemusers", params=params) if not one.get("isdisabled")), None)
        if row is None:
            raise NotAllowed("You are no enabled user of this Dynamics environment.", side="dynamics")
        actor = Actor(
            key,
            str(row.get("internalemailaddress") or "") or None,
            str(row["systemuserid"]),
            str(row.get("fullname") or ""),
        )
        with self._guard:
            self._known[key] = (self._monotonic() + KEPT, actor)
        return actor

    def may_write(self, entity: str, record_id: str, actor: Actor) -> bool:
        """Asked of Dataverse itself: roles, sharing and hierarchy all count. Gone where they may not even read."""
        if not is_guid(record_id):
            raise Gone("There is no such record.", side="dynamics")
        target = f"{self._metadata.table(entity).entity.set_name}({record_id})"
        answer = self._api.call(
            "GET",
            "systemusers({id})/Microsoft.Dynamics.CRM.RetrievePrincipalAccess(Target=@t)",
            at={"id": actor.user_id or ""},
            params={"@t": json.dumps({"@odata.id": target})},
        )
        rights = {one.strip() for one in str((answer.data or {}).get("AccessRights") or "").split(",")}
        if "ReadAccess" not in rights:
            raise Gone("There is no such record.", side="dynamics")
        return "WriteAccess" in rights

    def contacts(self, entity: str, record_id: str, actor: Actor) -> Sequence[Contact]:
        """The contacts that the record names, and those of the accounts that it names."""
        if not is_guid(record_id):
            raise Gone("There is no such record.", side="dynamics")
        table = self._metadata.table(entity)
        known = [table.columns[name] for name in _REFERENCES if name in table.columns]
        columns = [wire_name(column) for column in known if column.type in REFERENCES]
        found: dict[str, Contact] = {}
        if entity == "contact":
            self._add(found, [self._contact(record_id, actor)])
        for target, target_id in self._references(table.entity.set_name, record_id, columns, actor):
            if target == "contact":
                self._add(found, [self._contact(target_id, actor)])
            elif target == "account":
                self._add(found, self._of_account(target_id, actor))
        if entity == "account":
            self._add(found, self._of_account(record_id, actor))
        return list(found.values())

    def _references(
        self, set_name: str, record_id: str, columns: Sequence[str], actor: Actor
    ) -> Sequence[tuple[str, str]]:
        if not columns:
            return []
        row = self._api.call(
            "GET",
            "{set}({id})",
            actor,
            at={"set": set_name, "id": record_id},
            params={"$select": ",".join(columns)},
            headers=_PREFER,
        ).data
        named = [(str(row.get(f"{name}{_TARGET}") or ""), str(row[name])) for name in columns if row.get(name)]
        return list(dict.fromkeys(named))

    def _contact(self, contact_id: str, actor: Actor) -> Mapping[str, Any] | None:
        try:
            answer = self._api.call(
                "GET", "contacts({id})", actor, at={"id": contact_id}, params={"$select": _CONTACT}, headers=_PREFER
            )
        except (Gone, NotAllowed):
            return None  # the record names somebody whom this person may not see
        return answer.data if isinstance(answer.data, Mapping) else None

    def _of_account(self, account_id: str, actor: Actor) -> Sequence[Mapping[str, Any]]:
        params: dict[str, str | int] = {
            "$select": _CONTACT,
            "$filter": f"_parentcustomerid_value eq {account_id}",
            "$top": _MOST,
        }
        try:
            return list(self._api.rows("contacts", actor, params=params, headers=_PREFER))
        except (Gone, NotAllowed):
            return []

    @staticmethod
    def _add(found: dict[str, Contact], rows: Sequence[Mapping[str, Any] | None]) -> None:
        for row in rows:
            if row is None:
                continue
            contact_id = str(row["contactid"])
            found[contact_id] = Contact(
                str(row.get("fullname") or ""),
                str(row.get("emailaddress1") or ""),
                str(row.get("mobilephone") or row.get("telephone1") or ""),
                str(row.get("_parentcustomerid_value@OData.Community.Display.V1.FormattedValue") or ""),
                f"contact:{contact_id}",
            )


_PREFER = {"Prefer": f'odata.include-annotations="{ANNOTATIONS}"'}
_TARGET = "@Microsoft.Dynamics.CRM.lookuplogicalname"
