"""How each change is made in Dynamics: one request each, so that a run that was cut short goes on where it stopped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cli.connect.blocked import Blocked
from cli.connect.dynamics import DynamicsFound
from cli.connect.items import Change, Found, Kind, Ref, Verb, Wanted
from cli.connect.rows import ROWS
from dynamics.description.commands import SCRIPT
from dynamics.description.publisher import SOLUTION
from dynamics.files.widget_tab import put_in, take_out
from sync_core.adapters.dataverse.api import DataverseApi
from sync_core.adapters.dataverse.refusals import BLOCKED
from sync_core.errors import Invalid, Refused, Temporary

_GLOBAL = "3"  # PrivilegeDepth: the whole organisation
_HOMELESS = (Kind.PUBLISHER, Kind.SOLUTION, Kind.VARIABLE)
_ID = re.compile(r"\(([0-9a-fA-F-]{36})\)$")


class DynamicsApply:
    """`found`: what the plan was made from. What is made is remembered, so that later changes can point to it."""

    def __init__(self, api: DataverseApi, found: Sequence[Found], there: DynamicsFound) -> None:
        self._api, self._user_id, self._business_unit = api, there.user_id, there.business_unit
        self._managed, self._variable_id = there.managed, there.variable_id
        self._ids: dict[Ref, str] = {one.key: one.id for one in found}

    def apply(self, change: Change) -> None:
        """Raises what the vendor's refusal means; NotAllowed names the missing privilege, Blocked the environment's
        setting."""
        try:
            self._apply(change)
        except Refused as error:
            if BLOCKED in error.said:
                raise Blocked(change.kind) from error
            raise

    def _apply(self, change: Change) -> None:
        special = {
            Kind.PRIVILEGES: self._privileges,
            Kind.ASSIGNMENT: self._assignment,
            Kind.PUBLISH: self._publish,
            Kind.FORM: self._form,
        }.get(change.kind)
        if special:
            special(change)
        elif change.verb is Verb.DELETE:
            self._delete(change)
        elif change.verb is Verb.UPDATE:
            self._update(change)
        else:
            self._create(change)

    def _create(self, change: Change) -> None:
        wanted = _wanted(change)
        body = {name: value for name, value in wanted.columns.items() if value is not None and name != "statecode"}
        body |= {**wanted.fixed, **wanted.secret, **self._binds(wanted)}
        headers = {} if change.kind in _HOMELESS or self._managed else {"MSCRM.SolutionUniqueName": SOLUTION}
        answer = self._api.call("POST", ROWS[change.kind].set_name, json=body, headers=headers)
        match = _ID.search(str(answer.headers.get("OData-EntityId") or ""))
        if match is None:
            raise Temporary("dynamics did not say what it made; run the command again", side="dynamics", unclear=True)
        self._ids[change.kind, change.name] = match.group(1)

    def _update(self, change: Change) -> None:
        """The differing columns; a state goes with its status, a new key with its fingerprint."""
        wanted = _wanted(change)
        body = {name: wanted.columns[name] for name in change.because if name in wanted.columns}
        if "statecode" in body:
            body["statuscode"] = body["statecode"] + 1
        if wanted.secret:
            body |= wanted.secret
        body |= {name: value for name, value in self._binds(wanted).items() if name.split("@")[0] in change.because}
        at = {"set": ROWS[change.kind].set_name, "id": self._ids[change.kind, change.name]}
        self._api.call("PATCH", "{set}({id})", at=at, json=body, headers={"If-Match": "*"})

    def _delete(self, change: Change) -> None:
        at = {"set": ROWS[change.kind].set_name, "id": self._ids.pop((change.kind, change.name))}
        self._api.call("DELETE", "{set}({id})", at=at)

    def _form(self, change: Change) -> None:
        """One that holds somebody's unpublished work is left alone: publishing ours would publish theirs."""
        form_id = change.found.id if change.found else str(_wanted(change).fixed["formid"])
        at, params = {"id": form_id}, {"$select": "objecttypecode,formxml"}
        row = self._api.call("GET", "systemforms({id})", at=at, params=params).data
        path = "systemforms({id})/Microsoft.Dynamics.CRM.RetrieveUnpublished()"
        draft = self._api.call("GET", path, at=at, params=params).data["formxml"]
        becomes = (take_out if change.verb is Verb.DELETE else put_in)(row["formxml"], form_id)
        if draft not in (row["formxml"], becomes):  # ours is there where an earlier run did not come to publish it
            raise Invalid(f"The form {change.name} has changes that nobody published; publish or discard them first.")
        self._api.call("PATCH", "systemforms({id})", at=at, json={"formxml": becomes}, headers={"If-Match": "*"})
        xml = f"<importexportxml><entities><entity>{row['objecttypecode']}</entity></entities></importexportxml>"
        self._api.call("POST", "PublishXml", json={"ParameterXml": xml})

    def _binds(self, wanted: Wanted) -> dict[str, str]:
        binds = {
            f"{name}@odata.bind": f"/{ROWS[target[0]].set_name}({self._ids[target]})"
            for name, target in wanted.refs.items()
            if name != "sdkmessageid"
        }
        if wanted.kind is Kind.ROLE:
            binds["businessunitid@odata.bind"] = f"/businessunits({self._business_unit})"
        if wanted.kind is Kind.VARIABLE:
            found = f"/environmentvariabledefinitions({self._variable_id})"
            binds["EnvironmentVariableDefinitionId@odata.bind"] = found
        if wanted.kind is Kind.COMMAND:
            script = self._one("webresourceset", "webresourceid", f"name eq '{SCRIPT}'")
            binds["OnClickEventJavaScriptWebResourceId@odata.bind"] = f"/webresourceset({script})"
        if wanted.kind is Kind.STEP:
            binds |= self._message(wanted)
        return binds

    def _message(self, wanted: Wanted) -> Mapping[str, str]:
        """Update and Delete with the table's filter; a Custom API's own message has none."""
        what = wanted.name.partition(": ")[2]
        message, _, table = what.partition(" of ")
        row = self._one("sdkmessages", "sdkmessageid", f"name eq '{message}'")
        binds = {"sdkmessageid@odata.bind": f"/sdkmessages({row})"}
        if table:
            where = f"primaryobjecttypecode eq '{table}' and _sdkmessageid_value eq {row}"
            found = self._one("sdkmessagefilters", "sdkmessagefilterid", where)
            binds["sdkmessagefilterid@odata.bind"] = f"/sdkmessagefilters({found})"
        return binds

    def _one(self, set_name: str, id_column: str, where: str) -> str:
        rows = list(self._api.rows(set_name, params={"$select": id_column, "$filter": where}))
        if not rows:
            raise Temporary(
                f"dynamics does not list {set_name} where {where} yet; run the command again", side="dynamics"
            )
        return str(rows[0][id_column])

    def _privileges(self, change: Change) -> None:
        """The role's set as a whole; the tables it is for are noted once that is done."""
        role_id = self._ids[Kind.ROLE, change.name]
        wanted = _wanted(change)
        names = sorted(wanted.columns["privileges"])
        where = " or ".join(f"name eq '{name}'" for name in names)
        rows = self._api.rows("privileges", params={"$select": "privilegeid,name", "$filter": where})
        ids = {str(row["name"]): str(row["privilegeid"]) for row in rows}
        given = [{"Depth": _GLOBAL, "PrivilegeId": ids[name]} for name in names if name in ids]
        action = "ReplacePrivilegesRole" if "tables" in change.because else "AddPrivilegesRole"
        path = f"roles({{id}})/Microsoft.Dynamics.CRM.{action}"
        self._api.call("POST", path, at={"id": role_id}, json={"Privileges": given})
        note = {"description": wanted.columns["tables"]}
        self._api.call("PATCH", "roles({id})", at={"id": role_id}, json=note, headers={"If-Match": "*"})

    def _assignment(self, change: Change) -> None:
        at = {"user": self._user_id, "role": self._ids[Kind.ROLE, change.name]}
        path = "systemusers({user})/systemuserroles_association"
        if change.verb is Verb.DELETE:
            self._api.call("DELETE", f"{path}({{role}})/$ref", at=at)
        else:
            target = f"{self._api.base_url}/roles({at['role']})"
            self._api.call("POST", f"{path}/$ref", at=at, json={"@odata.id": target})

    def _publish(self, change: Change) -> None:
        ids = [found for (kind, _), found in self._ids.items() if kind is Kind.WEB_RESOURCE]
        named = "".join(f"<webresource>{{{one}}}</webresource>" for one in ids)
        xml = f"<importexportxml><webresources>{named}</webresources></importexportxml>"
        self._api.call("POST", "PublishXml", json={"ParameterXml": xml})


def _wanted(change: Change) -> Wanted:
    assert change.wanted is not None, "only a delete has nothing that is wanted"
    return change.wanted
