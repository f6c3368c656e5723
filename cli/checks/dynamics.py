"""Dynamics: sign-in, the application user, and its rights to each mapped table and column.

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/retrieveuserprivileges
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from cli.checks.finding import Finding, failed, ok, warning
from cli.connect.role import needed_to_tell, privileges_of
from cli.failures import remedy
from dynamics.description.contract import CONTRACT
from sync_core.bootstrap.operator import Operator
from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.model.news import Notify
from sync_core.engine.model.records import Column
from sync_core.engine.model.words import Direction
from sync_core.engine.rows.privileges import ACT_ON_BEHALF, ALWAYS, Need, Verb
from sync_core.errors import ConnectionBroken, Gone, NotAllowed, Refused
from sync_core.usecases.administration.in_force import needs_of
from sync_core.usecases.administration.rows import key_tables, row_problems

_SET = "EntityDefinitions(LogicalName='{name}')"
_NEW_USER = (
    "In the Power Platform admin center: Environments > your environment > Settings > Users > Application users > "
    "New app user, with this client id and the role that `connect` makes."
)
_ROLE = "Run `python -m cli connect`: it makes a role with exactly what is needed and gives it to the application user."


class DynamicsCheck:
    """`user_id` is the application user's, once it is known."""

    def __init__(self, operator: Operator) -> None:
        self._operator, self._api = operator, operator.dataverse
        self.user_id = ""

    def sign_in(self) -> Iterator[Finding]:
        try:
            self._api.call("GET", "WhoAmI")
        except (ConnectionBroken, NotAllowed) as error:
            if error.side == "identity":
                yield failed("dynamics.sign_in", f"{error}.", _sentence(remedy(error)))
            else:
                yield failed(
                    "dynamics.application_user",
                    f"Sign-in works, but the environment has no enabled user for it ({error}).",
                    _NEW_USER,
                )
            return
        yield ok("dynamics.sign_in", "Sign-in works.")
        yield from self._application_user()

    def _application_user(self) -> Iterator[Finding]:
        params = {
            "$select": "systemuserid,isdisabled",
            "$filter": f"applicationid eq {self._operator.settings.client_id.lower()}",
        }
        row = next(iter(self._api.rows("systemusers", params=params)), None)
        if row is None or row.get("isdisabled"):
            state = "disabled" if row else "missing"
            yield failed(
                "dynamics.application_user", f"The application user of DATAVERSE_CLIENT_ID is {state}.", _NEW_USER
            )
            return
        self.user_id = str(row["systemuserid"])
        yield ok("dynamics.application_user", "The application user is there and enabled.")

    def rights(self, mappings: Sequence[EntityMapping]) -> Iterator[Finding]:
        """Privileges by name, then each mapped column."""
        if not self.user_id:
            return
        held = {str(one.get("PrivilegeName")) for one in self._privileges()}
        for name, purpose in ALWAYS.items():
            if name not in held and name != ACT_ON_BEHALF:
                yield failed("dynamics.rights", f"The application user lacks {name}, so it cannot {purpose}.", _ROLE)
        yield self._delegate(held)
        for mapping in mappings:
            yield from self._table(mapping, held)

    def contract_table(self, mappings: Sequence[EntityMapping]) -> Iterator[Finding]:
        """Whether contracts can be shown in Dynamics; the sync itself needs none of it."""
        check = "dynamics.contract_table"
        if not self.user_id:
            return
        if self._operator.settings.contract_rows == "off":
            yield ok(check, "SYNC_CONTRACT_ROWS is off: contracts are not shown in Dynamics.")
            return
        held = [str(one.get("PrivilegeName")) for one in self._privileges()]
        lacks = self._operator.records.contract_table(str, str).lacks(held)
        if lacks is None:
            tables = (privileges_of(self._operator, mapping.entity) for mapping in mappings)
            names = [names[Verb.APPEND_TO] for names in tables if Verb.APPEND_TO in names]
            lacks = next((("privilege", name) for name in names if name not in held), None)
        older = () if lacks else self._columns_to_come()
        if older:
            yield warning(
                check,
                f"The solution in Dynamics is older than this tool's: the table Oneflow contract has no "
                f"{', '.join(older)}. A row that is to show them is refused.",
                "Upgrade it: `python -m cli solution upgrade`, then `python -m cli connect`.",
            )
            return
        if lacks is None:
            yield ok(check, "The contracts' rows can be written in Dynamics.")
            return
        what, name = lacks
        if what == "table":
            text = "Dynamics has no table Oneflow contract, so contracts are not shown there; `python -m cli solution "
            yield ok(check, f"{text}install` brings it.")
        elif what == "key":
            state = f" (it is {name})" if name else ""
            yield warning(
                check,
                f"The key of the table Oneflow contract is not active{state}: no row can be written yet.",
                "Dynamics builds it after the import; where it failed, reactivate it in the table's keys.",
            )
        else:
            yield warning(check, f"The application user lacks {name}, so contracts are not shown in Dynamics.", _ROLE)

    def _columns_to_come(self) -> Sequence[str]:
        """The columns of the table that the solution here has, and the one in Dynamics has not."""
        known = self._operator.records.columns(CONTRACT.logical)
        return [one.logical for one in CONTRACT.columns if one.logical not in known]

    def notifications(self, mappings: Sequence[EntityMapping]) -> Iterator[Finding]:
        """Whether the owners of records can be told of their contracts; the sync itself needs none of it."""
        check = "dynamics.notifications"
        if not self.user_id or not mappings:
            return
        telling = [mapping for mapping in mappings if mapping.notify is not Notify.OFF]
        if not telling:
            yield ok(check, "No mapping has the owners of its records told of their contracts.")
            return
        held = {str(one.get("PrivilegeName")) for one in self._privileges()}
        what, _ = self._operator.records.notifications().lacks(held) or (None, None)
        lacks = sorted(name for name in needed_to_tell(self._operator, telling).values() if name not in held)
        if what == "table":
            yield ok(check, "This Dynamics has no notifications, so owners of records are not told in an app.")
        elif lacks:
            yield warning(
                check,
                f"The application user lacks {', '.join(lacks)}, so owners of records are not told of their contracts.",
                _ROLE,
            )
        elif what == "app_setting":
            yield warning(
                check,
                "No app of this Dynamics has in-app notifications switched on, so nobody sees one.",
                "Switch them on for the app that sellers use: app designer > Settings > Features > In-app "
                "notifications; the app of our solution has them on. Or set `notify` of the mapping to off.",
            )
        else:
            yield ok(check, "Owners of records can be told of their contracts in an app.")
        if what != "table":
            yield from self._owned_by_teams(check, telling)

    def _owned_by_teams(self, check: str, mappings: Sequence[EntityMapping]) -> Iterator[Finding]:
        """A fact, and no fault: a team cannot receive what is told."""
        params = {"$select": "_owningteam_value", "$filter": "_owningteam_value ne null", "$top": "1"}
        for mapping in mappings:
            try:
                named = self._api.call("GET", _SET, at={"name": mapping.entity}, params={"$select": "EntitySetName"})
                at = {"set": str((named.data or {}).get("EntitySetName"))}
                found = self._api.call("GET", "{set}", at=at, params=params).data or {}
            except (Gone, NotAllowed, Refused):
                continue  # a table that is the organisation's has no owners, and what may not be read was told above
            if found.get("value"):
                told = "the timeline's note is there" if mapping.timeline_notes else "`timeline_notes` puts it there"
                yield ok(check, f"Teams own records of {mapping.entity}: no team receives notifications; {told}.")

    def _delegate(self, held: Collection[str]) -> Finding:
        if ACT_ON_BEHALF not in held:
            return failed(
                "dynamics.delegate",
                f"The application user lacks {ACT_ON_BEHALF}, so it cannot act as the seller who pressed a button.",
                _ROLE,
            )
        if self._own_roles_lack(ACT_ON_BEHALF):
            return failed(
                "dynamics.delegate",
                f"The application user holds {ACT_ON_BEHALF} through a team only, where Dynamics does not count it: it "
                "cannot act as the seller who pressed a button.",
                f"Give the role to the application user itself. {_ROLE}",
            )
        return ok("dynamics.delegate", "The application user may act as the seller who pressed a button.")

    def _own_roles_lack(self, privilege: str) -> bool:
        """Whether no role that is the user's own has it; False also where roles cannot be read, as the application
        itself cannot."""
        try:
            for role in self._roles("roleid"):
                path = "RetrieveRolePrivilegesRole(RoleId={id})"
                data = self._api.call("GET", path, at={"id": str(role["roleid"])}).data or {}
                if any(one.get("PrivilegeName") == privilege for one in data.get("RolePrivileges") or ()):
                    return False
        except NotAllowed:
            return False
        return True

    def _roles(self, columns: str) -> Sequence[Mapping[str, object]]:
        path = "systemusers({id})/systemuserroles_association"
        return list(self._api.rows(path, at={"id": self.user_id}, params={"$select": columns}))

    def _table(self, mapping: EntityMapping, held: set[str]) -> Iterator[Finding]:
        entity = mapping.entity
        try:
            columns = self._operator.records.columns(entity, [row.dynamics_column for row in mapping.fields])
            wanted = needs_of(self._operator.records, mapping)
        except Gone:
            yield failed(
                f"dynamics.table.{entity}",
                f"The environment has no table {entity}, but it is mapped.",
                f"Make the table, or remove its mapping: `python -m cli mapping import` with no fields for {entity}.",
            )
            return
        yield from self._lacking(entity, wanted, held)
        problems = row_problems(mapping, columns, key_tables(mapping, columns, self._operator.records))
        for problem in problems:
            row = mapping.fields[problem["row"]]
            yield failed(
                f"dynamics.column.{entity}.{row.dynamics_column}",
                f"{entity}.{row.dynamics_column}, mapped {row.direction}: {problem['detail']}",
                "Change or remove this row in Oneflow Settings > Setup Entities.",
            )
        secured = [
            row for row in mapping.fields if row.dynamics_column in columns and columns[row.dynamics_column].secured
        ]
        if secured:
            permitted = self._column_permissions()
            for row in secured:
                places = self._places(entity, row.dynamics_column, columns)
                yield self._secured(f"{entity}.{row.dynamics_column}", row.direction, places, permitted)
        if not problems and not secured:
            yield ok(f"dynamics.columns.{entity}", f"All mapped columns of {entity} can be used as they are mapped.")

    def _lacking(self, entity: str, wanted: Mapping[Need, str], held: Collection[str]) -> Iterator[Finding]:
        names = {one: privileges_of(self._operator, one) for one in sorted({need.entity for need in wanted})}
        for need, column in wanted.items():
            name = names[need.entity].get(need.verb)
            if name is not None and name not in held:
                yield failed(
                    f"dynamics.rights.{need.entity}",
                    f"The application user lacks {name}, which {entity}.{column} needs as it is mapped.",
                    _ROLE,
                )

    def _places(self, entity: str, name: str, columns: Mapping[str, Column]) -> Sequence[tuple[str, str]]:
        """(table, column) of what is secured: of `parentaccountid.name` the lookup, what it leads to, or both."""
        lookup, dot, inner = name.partition(".")
        if not dot:
            return [(entity, name)]
        places = [(entity, lookup)] if columns[lookup].secured else []
        records = self._operator.records
        targets = [one.entity for one in records.related(entity) if one.lookup == lookup]
        return places + [(table, inner) for table in targets if records.columns(table)[inner].secured]

    def _secured(
        self,
        name: str,
        direction: Direction,
        places: Sequence[tuple[str, str]],
        permitted: Mapping[tuple[str, str], tuple[bool, bool]] | None,
    ) -> Finding:
        check = f"dynamics.column.{name}"
        held_there = [(True, True) if permitted is None else permitted.get(one, (False, False)) for one in places]
        may_read, may_update = all(read for read, _ in held_there), all(update for _, update in held_there)
        where = " and ".join(".".join(one) for one in places)
        told = name if where == name else f"{name} ({where})"
        lacks = [
            word
            for word, held in (("read", may_read), ("update", may_update or not direction.writes_dynamics))
            if not held
        ]
        if lacks:
            return failed(
                check,
                f"{told} is secured, and the application user may not {' or '.join(lacks)} it.",
                "Add the application user to a column security profile that allows Read (unmasked) and Update of "
                f"{where}, or take the row out of the mapping.",
            )
        return warning(
            check,
            f"{told} is secured: the sync leaves it alone, whatever the application user may do.",
            "Map another column, or take column security off this one.",
        )

    def _privileges(self) -> Sequence[Mapping[str, object]]:
        path = "systemusers({id})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()"
        return list((self._api.call("GET", path, at={"id": self.user_id}).data or {}).get("RolePrivileges") or ())

    def _column_permissions(self) -> Mapping[tuple[str, str], tuple[bool, bool]] | None:
        """(table, column) -> may read, may update; None for a System Administrator, whom column security spares."""
        at = {"id": self.user_id}
        try:
            if any(role.get("name") == "System Administrator" for role in self._roles("name")):
                return None
        except NotAllowed:
            pass  # who may not read roles is none
        expanded = "lk_fieldpermission_fieldsecurityprofileid"
        params = {
            "$select": "fieldsecurityprofileid",
            "$expand": f"{expanded}($select=entityname,attributelogicalname,canread,canupdate)",
        }
        found: dict[tuple[str, str], tuple[bool, bool]] = {}
        for profile in self._api.rows("systemusers({id})/systemuserprofiles_association", at=at, params=params):
            for one in profile.get(expanded) or ():
                key = (str(one.get("entityname")), str(one.get("attributelogicalname")))
                read, update = found.get(key, (False, False))
                found[key] = (read or bool(one.get("canread")), update or bool(one.get("canupdate")))
        return found


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
