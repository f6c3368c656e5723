"""Requests about roles, privileges, publishing and components that are more than a row (fact sheet 1.11, 5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.dataverse.caller import Caller
from sandbox.dataverse.customizing.rules import BLOCKED, MANAGED
from sandbox.dataverse.odata.bodies import body_of
from sandbox.dataverse.odata.expand import expansions
from sandbox.dataverse.odata.options import NONE, ONE, options_of
from sandbox.dataverse.odata.refusals import unknown_property
from sandbox.dataverse.privileges import PUBLISH
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.schema import privilege_id
from sandbox.dataverse.security import Security
from sandbox.dataverse.switches import Switches
from sandbox.dataverse.world import World
from sandbox.wire import Request, Response

_GUID = r"([0-9a-fA-F-]{36})"
_CRM = r"Microsoft\.Dynamics\.CRM\."
_PERMISSIONS = "lk_fieldpermission_fieldsecurityprofileid"
DRAFT = "#draft"  # a web resource's content, or a form's XML, that is not published yet


class CustomizingApi:
    """`answer` is None for what is no request of these."""

    def __init__(self, world: World, switches: Switches, security: Security) -> None:
        self._world, self._switches, self._security = world, switches, security
        roles = rf"systemusers\({_GUID}\)/systemuserroles_association"
        self._routes: tuple[tuple[str, re.Pattern[str], Callable[..., Response]], ...] = (
            ("GET", re.compile(roles), self._roles),
            ("POST", re.compile(rf"{roles}/\$ref"), self._assign),
            ("DELETE", re.compile(rf"{roles}\({_GUID}\)/\$ref"), self._take),
            ("GET", re.compile(rf"systemusers\({_GUID}\)/systemuserprofiles_association"), self._profiles),
            ("GET", re.compile(rf"systemusers\({_GUID}\)/{_CRM}RetrieveUserPrivileges(?:\(\))?"), self._of_user),
            ("GET", re.compile(rf"RetrieveRolePrivilegesRole\(RoleId={_GUID}\)"), self._of_role),
            ("POST", re.compile(rf"roles\({_GUID}\)/{_CRM}(Add|Replace)PrivilegesRole"), self._give),
            ("POST", re.compile(r"PublishXml"), self._publish),
            ("GET", re.compile(rf"systemforms\({_GUID}\)/{_CRM}RetrieveUnpublished(?:\(\))?"), self._draft),
        )

    def answer(self, request: Request, path: str, caller: Caller) -> Response | None:
        for method, pattern, handle in self._routes:
            match = pattern.fullmatch(path)
            if match and request.method == method:
                if handle not in (self._roles, self._profiles, self._draft):
                    options_of(request, NONE)
                return handle(request, caller, *match.groups())
        return None

    def _roles(self, request: Request, caller: Caller, person: str) -> Response:
        self._security.must(caller, "prvReadUser")
        rows = [self._world.row("role", one) for one in self._security.roles_of(person)]
        options = options_of(request, {"$select"})
        views = [{"roleid": row.id, "name": row.values["name"]} for row in rows]
        return Response.of_json(200, {"value": [_only(view, options.select, "roleid", "role") for view in views]})

    def _assign(self, request: Request, caller: Caller, person: str) -> Response:
        self._security.must(caller, "prvWriteUser")
        match = re.search(rf"/roles\({_GUID}\)$", str(body_of(request).get("@odata.id")))
        if not match:
            raise Problem(400, "0x80048d19", "The body names no role by its @odata.id.")
        self._security.assign(person, match.group(1))
        return Response(204)

    def _take(self, request: Request, caller: Caller, person: str, role: str) -> Response:
        self._security.must(caller, "prvWriteUser")
        self._security.take(person, role)
        return Response(204)

    def _profiles(self, request: Request, caller: Caller, person: str) -> Response:
        self._security.must(caller, "prvReadUser")
        options = options_of(request, ONE)
        shown = []
        for profile in self._security.profiles(person):
            permissions = profile.pop(_PERMISSIONS)
            view = _only(profile, options.select, "fieldsecurityprofileid", "fieldsecurityprofile")
            for one in expansions(options.expand):
                if one.name != _PERMISSIONS:
                    raise unknown_property(one.name, "fieldsecurityprofile")
                view[one.name] = [
                    _only(each, one.options.select, "fieldpermissionid", "fieldpermission") for each in permissions
                ]
            shown.append(view)
        return Response.of_json(200, {"value": shown})

    def _of_user(self, request: Request, caller: Caller, person: str) -> Response:
        self._world.row("systemuser", person)
        return Response.of_json(200, {"RolePrivileges": _shown(self._security.of_user(person))})

    def _of_role(self, request: Request, caller: Caller, role: str) -> Response:
        self._security.must(caller, "prvReadRole")
        self._world.row("role", role)
        return Response.of_json(200, {"RolePrivileges": _shown(self._security.of_role(role))})

    def _give(self, request: Request, caller: Caller, role: str, verb: str) -> Response:
        self._security.must(caller, "prvWriteRole")
        if self._switches.blocks_unmanaged and MANAGED in self._world.row("role", role).values:
            raise Problem(400, "0x8004f041", BLOCKED)
        self._security.give(role, self._security.given(body_of(request)), replace=verb == "Replace")
        return Response(204)

    def _publish(self, request: Request, caller: Caller) -> Response:
        self._security.must(caller, PUBLISH)
        xml = str(body_of(request).get("ParameterXml") or "")
        if not xml.startswith("<importexportxml>"):
            raise Problem(400, "0x80048d19", "ParameterXml is no importexportxml.")
        for one in re.findall(rf"<webresource>\{{?{_GUID}\}}?</webresource>", xml):
            row = self._world.row("webresource", one)
            if DRAFT in row.values:
                row.values["content"] = row.values.pop(DRAFT)
        for table in re.findall(r"<entity>(\w+)</entity>", xml):
            for row in self._world.rows["systemform"].values():
                if row.values["objecttypecode"] == table and DRAFT in row.values:
                    row.values["formxml"] = row.values.pop(DRAFT)
        self._world.touched()
        return Response(204)

    def _draft(self, request: Request, caller: Caller, form: str) -> Response:
        """The form as it was saved last, published or not."""
        self._security.must(caller, "prvReadSystemForm")
        row = self._world.row("systemform", form)
        view = {"formid": row.id, **{name: row.values[name] for name in ("name", "objecttypecode", "formxml")}}
        view["formxml"] = row.values.get(DRAFT, view["formxml"])
        return Response.of_json(200, _only(view, options_of(request, {"$select"}).select, "formid", "systemform"))


def _shown(privileges: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"PrivilegeName": name, "PrivilegeId": privilege_id(name), "Depth": depth, "BusinessUnitId": None}
        for name, depth in sorted(privileges.items())
    ]


def _only(view: dict[str, Any], select: Iterable[str], key: str, kind: str) -> dict[str, Any]:
    """The columns that are selected, and the key."""
    for name in select:
        if name not in view:
            raise unknown_property(name, kind)
    return {name: value for name, value in view.items() if not select or name in (key, *select)}
