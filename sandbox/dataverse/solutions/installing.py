"""What an import does: makes and changes components, or refuses; what an upgrade and an uninstall take away.

Managed components are marked with the solution that they are of; they go with it, their tables with all rows.
"""

from __future__ import annotations

import base64
import uuid
from dataclasses import replace
from typing import Any

from sandbox.dataverse.customizing.form_xml import web_resources_of
from sandbox.dataverse.customizing.rules import BLOCKED, MANAGED, Rules
from sandbox.dataverse.platform_tables import BUSINESS_UNIT, MESSAGES, message_id, named
from sandbox.dataverse.privileges import all_privileges
from sandbox.dataverse.row import Row
from sandbox.dataverse.schema import privilege_id
from sandbox.dataverse.solutions.package import Package, Refused, numbers, text_of
from sandbox.dataverse.solutions.parts import Part, rows_of, tables_of, targets_of
from sandbox.dataverse.switches import Switches
from sandbox.dataverse.world import World

Json = dict[str, Any]
FILE, TABLES = "#file", "#tables"  # of a solution's row
# What a component is known by, where the file has no id for it.
NAMES = {
    "customapi": "uniquename", "customapirequestparameter": "name", "sitemap": "sitemapnameunique",
    "appmodule": "uniquename", "environmentvariabledefinition": "schemaname", "appaction": "uniquename",
    "webresource": "name",
}  # fmt: skip
_HOLDING = "_Upgrade"


class Installing:
    def __init__(self, world: World, switches: Switches) -> None:
        self._world, self._switches, self._rules = world, switches, Rules(world)

    # --- before -------------------------------------------------------------------------------------------------------

    def missing(self, package: Package) -> list[str]:
        """Components that it depends on, and that are not here."""
        own = {table.name for table in tables_of(package)}
        found = [name for name in targets_of(package) if name not in own | self._world.tables.keys()]
        for one in package.manifest.iter("MissingDependency"):
            needed = one.find("Required")
            name, _, version = (needed.get("solution") or "" if needed is not None else "").partition(" (")
            there = self.installed(name)
            if name and (there is None or numbers(str(there.values["version"])) < numbers(version.rstrip(")"))):
                found.append(f"solution {name}")
        return sorted(set(found))

    def check(self, package: Package, holding: bool) -> None:
        """Refused where this environment cannot take it."""
        if missing := self.missing(package):
            raise Refused(f"The following solution cannot be imported: {package.name}. Missing: {', '.join(missing)}.")
        if self._switches.blocks_unmanaged and not package.managed:
            raise Refused(BLOCKED)
        there = self.installed(package.name)
        if there is not None:
            if bool(there.values.get("ismanaged")) is not package.managed:
                here = "a managed" if there.values.get("ismanaged") else "an unmanaged"
                raise Refused(f"The solution {package.name} is already installed as {here} package.")
            if numbers(package.version) <= numbers(str(there.values["version"])):
                raise Refused(
                    f"The solution {package.name} is already installed with version {there.values['version']}; "
                    f"version {package.version} is the same or lower."
                )
        if holding and there is None:
            raise Refused(f"The solution {package.name} is not installed, so there is nothing to upgrade.")
        if holding and self.installed(package.name + _HOLDING):
            raise Refused(f"The holding solution {package.name}{_HOLDING} is there already; delete it first.")
        known = all_privileges({**self._world.tables, **{table.name: table for table in tables_of(package)}})
        for part in rows_of(package, self._switches.imports_commands):
            self._known(part, known)

    def _known(self, part: Part, privileges: dict[str, str]) -> None:
        if part.table == "role":
            for name in part.values["#privileges"]:
                if name not in privileges:
                    raise Refused(f"The privilege {name} of the role {part.name} does not exist.")
        same = self._by_name(part)
        if same is not None and part.id and same.id != part.id:
            raise Refused(f"A {part.table} named {part.name} is there already with another id ({same.id}).")

    # --- doing it -----------------------------------------------------------------------------------------------------

    def install(
        self, package: Package, content: bytes, publish_workflows: bool, holding: bool
    ) -> list[tuple[str, str]]:
        """What was made or changed: the kind of component and its name."""
        self.check(package, holding)
        publisher = self._publisher(package)
        name = package.name + (_HOLDING if holding else "")
        solution = self.installed(name)
        values = {
            "uniquename": name,
            "friendlyname": text_of(package.manifest.find("SolutionManifest/LocalizedNames")),
            "version": package.version,
            "publisherid": ("publisher", publisher),
            "ismanaged": package.managed,
        }
        if solution is None:
            solution = self._world.add("solution", values, "")
        solution.values |= values | {FILE: base64.b64encode(content).decode(), TABLES: []}
        done: list[tuple[str, str]] = []
        for table in tables_of(package):
            self.put_table(table)
            solution.values[TABLES].append(table.name)
            done.append(("entity", table.name))
        for part in rows_of(package, self._switches.imports_commands):
            row = self._put(part, package, publish_workflows)
            self._rules.into_solution(solution.id, part.table, row.id)
            done.append((part.table, part.name))
        self._world.touched()
        return done

    def promote(self, name: str) -> None:
        """The holding solution becomes the solution: what it no longer holds goes, with its data."""
        old, new = self.installed(name), self.installed(name + _HOLDING)
        if old is None or new is None:
            raise Refused(f"There is no upgrade of {name} to apply.")
        kept = self._objects(new.id)
        for kind, one in self._objects(old.id) - kept:
            self._gone(kind, one)
        self._columns_gone(Package.read(base64.b64decode(str(new.values[FILE]))))
        self._world.rows["solution"].pop(old.id)
        for row in list(self._world.rows["solutioncomponent"].values()):
            if row.values["solutionid"] == ("solution", old.id):
                self._world.rows["solutioncomponent"].pop(row.id)
        new.values["uniquename"] = name
        self._world.touched()

    def uninstall(self, solution: Row) -> None:
        """A managed one with all that it brought; an unmanaged one is a folder and no more."""
        if solution.values.get("ismanaged"):
            if holders := self.dependents(str(solution.values["uniquename"])):
                raise Refused(f"The solution cannot be uninstalled: {len(holders)} components depend on it.")
            for kind, one in self._objects(solution.id):
                self._gone(kind, one)
            for table in solution.values.get(TABLES, []):
                self._world.tables.pop(table, None)
                self._world.rows.pop(table, None)
        for row in list(self._world.rows.get("solutioncomponent", {}).values()):
            if row.values["solutionid"] == ("solution", solution.id):
                self._world.rows["solutioncomponent"].pop(row.id)
        self._world.rows["solution"].pop(solution.id)
        self._world.touched()

    def dependents(self, name: str) -> list[tuple[str, str, str, str]]:
        """Components outside the solution that need one inside: (kind, id, needed kind, needed id)."""
        solution = self.installed(name)
        if solution is None:
            raise Refused(f"The solution {name} is not installed.")
        own = self._objects(solution.id)
        found = []
        for row in self._rows("sdkmessageprocessingstep"):
            handler = row.values["eventhandler"]
            message = row.values["sdkmessageid"][1]
            api = next((one for one in self._rows("customapi") if _message_of(one.id) == message), None)
            needed = ("customapi", api.id) if api and ("customapi", api.id) in own else handler
            if needed in own and ("sdkmessageprocessingstep", row.id) not in own:
                found.append(("sdkmessageprocessingstep", row.id, *needed))
        pages = {row.values["name"]: row.id for row in self._rows("webresource")}
        for row in self._rows("appaction"):
            page = pages.get(str(row.values.get("#script")))
            if ("webresource", page) in own and ("appaction", row.id) not in own:
                found.append(("appaction", row.id, "webresource", str(page)))
        for row in self._rows("systemform"):
            if ("systemform", row.id) in own:
                continue
            for name in web_resources_of(str(row.values["formxml"])):
                page = pages.get(name)
                if ("webresource", page) in own:
                    found.append(("systemform", row.id, "webresource", str(page)))
        return found

    # --- smaller parts ------------------------------------------------------------------------------------------------

    def installed(self, name: str) -> Row | None:
        return next((row for row in self._rows("solution") if row.values["uniquename"] == name), None)

    def put_table(self, table: Any) -> None:
        """A column that is not in the file stays: only an upgrade takes it away."""
        there = self._world.tables.get(table.name)
        if there is not None:
            table = replace(table, attributes={**there.attributes, **table.attributes})
        self._world.tables[table.name] = table
        for verb in table.verbs:
            name = table.privilege(verb)
            if privilege_id(name) not in self._world.rows["privilege"]:
                self._world.add("privilege", {"name": name}, "", privilege_id(name))
        for message in MESSAGES:
            key = named("filter", f"{message}/{table.name}")
            if key not in self._world.rows["sdkmessagefilter"]:
                values = {"primaryobjecttypecode": table.name, "sdkmessageid": ("sdkmessage", message_id(message))}
                self._world.add("sdkmessagefilter", values, "", key)

    def _columns_gone(self, package: Package) -> None:
        for table in tables_of(package):
            lost = self._world.tables[table.name].attributes.keys() - table.attributes.keys()
            self._world.tables[table.name] = table
            for row in self._rows(table.name):
                for column in lost:
                    row.values.pop(column, None)

    def _put(self, part: Part, package: Package, publish_workflows: bool) -> Row:
        values = dict(part.values)
        if part.table == "role":
            values["businessunitid"] = ("businessunit", BUSINESS_UNIT)
        if part.table == "customapirequestparameter":
            api = next(row for row in self._rows("customapi") if row.values["uniquename"] == values["#api"])
            values["customapiid"] = ("customapi", api.id)
        if part.table == "sdkmessageprocessingstep":
            message, entity = values.pop("#message"), values.pop("#entity")
            name = self._world.row("sdkmessage", message).values["name"]
            values |= {
                "sdkmessageid": ("sdkmessage", message),
                "sdkmessagefilterid": ("sdkmessagefilter", named("filter", f"{name}/{entity}")),
            }
        row = self._by_name(part) or self._world.rows.get(part.table, {}).get(part.id)
        if row is None:
            plain = {name: value for name, value in values.items() if not name.startswith("#")}
            row = self._world.add(part.table, plain, "", part.id or None)
            if part.table == "customapi":
                self._world.add("sdkmessage", {"name": part.name}, "", _message_of(row.id))
            if part.table == "sdkmessageprocessingstep":
                on = publish_workflows or not self._switches.imported_steps_are_disabled
                row.values |= {"statecode": int(not on), "statuscode": 1 if on else 2}
        row.values |= values
        if package.managed:
            row.values[MANAGED] = package.name
        if part.table == "appmodule":
            self._settings(row)
        return row

    def _settings(self, app: Row) -> None:
        """The app's own values of the settings that the platform defines."""
        known = {row.values["uniquename"]: row.id for row in self._rows("settingdefinition")}
        for name, value in app.values["#settings"].items():
            if name in known:
                values = {"value": value, "settingdefinitionid": ("settingdefinition", known[name])}
                key = named("appsetting", f"{app.id}/{name}")
                self._world.rows.setdefault("appsetting", {}).pop(key, None)
                self._world.add("appsetting", values | {"parentappmoduleid": ("appmodule", app.id)}, "", key)

    def _by_name(self, part: Part) -> Row | None:
        column = NAMES.get(part.table)
        if column is None:
            return None
        return next((row for row in self._rows(part.table) if row.values.get(column) == part.values[column]), None)

    def _publisher(self, package: Package) -> str:
        name = package.said("Publisher/UniqueName")
        row = next((row for row in self._rows("publisher") if row.values["uniquename"] == name), None)
        if row is None:
            values = {
                "uniquename": name,
                "friendlyname": text_of(package.manifest.find("SolutionManifest/Publisher/LocalizedNames")),
                "customizationprefix": package.said("Publisher/CustomizationPrefix"),
                "customizationoptionvalueprefix": int(package.said("Publisher/CustomizationOptionValuePrefix")),
            }
            row = self._world.add("publisher", values, "")
        return row.id

    def _objects(self, solution_id: str) -> set[tuple[str, str]]:
        found = set()
        for row in self._rows("solutioncomponent"):
            if row.values["solutionid"] == ("solution", solution_id):
                kind = next(
                    (kind for kind in self._world.rows if row.values["objectid"] in self._world.rows[kind]
                     and kind != "solutioncomponent"), "",
                )  # fmt: skip
                found.add((kind, str(row.values["objectid"])))
        return found

    def _gone(self, kind: str, record_id: str) -> None:
        if kind == "customapi":
            self._world.rows["sdkmessage"].pop(_message_of(record_id), None)
        if kind == "appmodule":
            for row in self._rows("appsetting"):
                if row.values["parentappmoduleid"] == (kind, record_id):
                    self._world.rows["appsetting"].pop(row.id)
        if kind == "environmentvariabledefinition":
            for row in self._rows("environmentvariablevalue"):
                if row.values["environmentvariabledefinitionid"] == (kind, record_id):
                    self._world.rows["environmentvariablevalue"].pop(row.id)
        if kind == "role":
            for row in self._rows("systemuser"):
                row.values["#roles"] = [one for one in row.values.get("#roles", []) if one != record_id]
        self._world.rows.get(kind, {}).pop(record_id, None)

    def _rows(self, kind: str) -> list[Any]:
        return list(self._world.rows.get(kind, {}).values())


def restore(world: World) -> None:
    """The tables of solutions whose rows were loaded."""
    for row in world.rows.get("solution", {}).values():
        if FILE in row.values:
            for table in tables_of(Package.read(base64.b64decode(str(row.values[FILE])))):
                world.tables[table.name] = table


def _message_of(api_id: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"message of {api_id}"))
