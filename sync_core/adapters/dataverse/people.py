"""Users, their rights, and whom a contract may invite."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sync_core.adapters.dataverse.api import ANNOTATIONS, DataverseApi
from sync_core.adapters.dataverse.cells import wire_name
from sync_core.adapters.dataverse.metadata import Metadata
from sync_core.adapters.dataverse.privileges import Privileges
from sync_core.engine.model.actor import MACHINE, Actor
from sync_core.engine.model.contacts import Contact
from sync_core.engine.model.ids import canonical_id, is_guid
from sync_core.engine.values import REFERENCES
from sync_core.errors import Gone, NotAllowed, Refused

KEPT = 300.0  # seconds
USER = "user"  # what somebody lacks who is none in this environment
_PERSON = "systemuserid,fullname,isdisabled,azureactivedirectoryobjectid"
NO_SUCH_RECORD = "0x80040217"  # said of a record that is not there, never of one that is not shown
_CONTACT = "contactid,fullname,emailaddress1,mobilephone,telephone1,_parentcustomerid_value"
_REFERENCES = ("parentcontactid", "contactid", "customerid", "parentaccountid", "accountid")
_MOST = 50


class People:
    """`address`: the column of a user that holds the address they have in Oneflow."""

    def __init__(
        self,
        api: DataverseApi,
        metadata: Metadata,
        monotonic: Callable[[], float],
        address: str = "internalemailaddress",
    ) -> None:
        self._api, self._metadata, self._monotonic, self._address = api, metadata, monotonic, address
        self._known: dict[str, tuple[float, Actor]] = {}
        self._guard = threading.Lock()

    def person(self, object_id: str) -> Actor:
        """NotAllowed where Dataverse has no enabled user with this Entra object id."""
        key = canonical_id(object_id)
        if not is_guid(key):
            raise NotAllowed(
                "You are signed in with an account that has no object id, so Dynamics cannot know it.", side="dynamics"
            )
        return self._kept(f"azureactivedirectoryobjectid eq {key}")

    def user(self, user_id: str) -> Actor:
        """The same by systemuserid, for whom Entra's id is not at hand."""
        key = canonical_id(user_id)
        if not is_guid(key):
            raise NotAllowed("The event names no user of Dynamics.", side="dynamics")
        return self._kept(f"systemuserid eq {key}")

    def again(self, actor: Actor) -> Actor:
        """Read anew: what is kept of this person is renewed."""
        with self._guard:
            self._known = {key: one for key, one in self._known.items() if one[1].user_id != actor.user_id}
        return self._kept(f"systemuserid eq {canonical_id(actor.user_id or '')}")

    def _kept(self, wanted: str) -> Actor:
        with self._guard:
            until, known = self._known.get(wanted, (0.0, None))
        if known and self._monotonic() < until:
            return known
        params = {"$select": f"{_PERSON},{self._address}", "$filter": wanted}
        row = next((one for one in self._api.rows("systemusers", params=params) if not one.get("isdisabled")), None)
        if row is None:
            text = "You are not an enabled user of this Dynamics environment."
            raise NotAllowed(text, side="dynamics", missing=USER)
        object_id = canonical_id(str(row.get("azureactivedirectoryobjectid") or ""))
        actor = Actor(
            object_id if object_id.strip("0-") else None,
            str(row.get(self._address) or "").strip() or None,
            canonical_id(str(row["systemuserid"])),
            str(row.get("fullname") or ""),
        )
        with self._guard:
            self._known[wanted] = (self._monotonic() + KEPT, actor)
        return actor

    def is_deleted(self, entity: str, record_id: str) -> bool:
        """Whether Dataverse tells the application that there is no such record; access that was lost is no proof."""
        try:
            table = self._metadata.table(entity).entity
            at = {"set": table.set_name, "id": record_id}
            self._api.call("GET", "{set}({id})", MACHINE, at=at, params={"$select": table.id_column})
        except Gone as error:
            return error.code.lower() == NO_SUCH_RECORD
        except NotAllowed:
            return False
        return False

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

    def lacks_to_read(self, entity: str, actor: Actor) -> str:
        """Asked of their roles and teams alone, so that it tells nothing of any record."""
        privileges = Privileges(self._api)
        try:
            name = privileges.of_table(entity).get("Read", "")
            return "" if name in privileges.held_by(actor.user_id or "") else name
        except (Gone, NotAllowed, Refused):
            return ""  # no such table, or what others hold is not for the application user to see

    def contacts(self, entity: str, record_id: str, actor: Actor) -> Sequence[Contact]:
        """The contacts that the record names, and those of the accounts that it names; one of them is the primary."""
        if not is_guid(record_id):
            raise Gone("There is no such record.", side="dynamics")
        table = self._metadata.table(entity)
        known = [table.columns[name] for name in _REFERENCES if name in table.columns]
        columns = [wire_name(column) for column in known if column.type in REFERENCES]
        found: dict[str, Contact] = {}
        references = [(entity, record_id), *self._references(table.entity.set_name, record_id, columns, actor)]
        contacts = [target_id for target, target_id in references if target == "contact"]
        accounts = [target_id for target, target_id in references if target == "account"]
        for contact_id in contacts:
            self._add(found, [self._contact(contact_id, actor)])
        primary = next(iter(found), None)
        for account_id in accounts:
            if primary is None and (primary := self._primary_of(account_id, actor)) is not None:
                self._add(found, [self._contact(primary, actor)])
            self._add(found, self._of_account(account_id, actor))
        return [replace(one, primary=contact_id == primary) for contact_id, one in found.items()]

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

    def _primary_of(self, account_id: str, actor: Actor) -> str | None:
        column = self._metadata.table("account").columns.get("primarycontactid")
        if column is None:
            return None
        at = {"set": self._metadata.table("account").entity.set_name, "id": account_id}
        try:
            row = self._api.call("GET", "{set}({id})", actor, at=at, params={"$select": wire_name(column)}).data
        except (Gone, NotAllowed):
            return None  # the record names an account that this person may not see
        primary = row.get(wire_name(column))
        return canonical_id(str(primary)) if primary else None

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
            contact_id = canonical_id(str(row["contactid"]))
            named = Contact(
                str(row.get("fullname") or ""),
                str(row.get("emailaddress1") or ""),
                str(row.get("mobilephone") or row.get("telephone1") or ""),
                str(row.get("_parentcustomerid_value@OData.Community.Display.V1.FormattedValue") or ""),
                f"contact:{contact_id}",
            )
            found.setdefault(contact_id, named)


_PREFER = {"Prefer": f'odata.include-annotations="{ANNOTATIONS}"'}
_TARGET = "@Microsoft.Dynamics.CRM.lookuplogicalname"
