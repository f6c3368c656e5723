"""What colleagues do in Dynamics itself: change columns, close a quote, delete, take rights away."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sandbox.dataverse import seed
from sandbox.dataverse.platform_tables import FORM, NOTIFICATIONS_ON, named
from sandbox.dataverse.world import World


class People:
    """Every change counts as one save by `user`, whatever it changes."""

    def __init__(self, world: World) -> None:
        self._world = world

    def new(self, entity: str, columns: Mapping[str, Any], user: str = seed.COLLEAGUE) -> str:
        """A new record, with the first record's references and state; its id."""
        first = next(iter(self._world.rows[entity].values())).values
        kept = {
            name: value
            for name, value in first.items()
            if self._world.attribute(entity, name).is_reference or name in ("statecode", "statuscode")
        }
        return self._world.add(entity, {**kept, **columns}, user).id

    def set_columns(self, entity: str, record_id: str, columns: Mapping[str, Any], user: str = seed.COLLEAGUE) -> None:
        self._world.write(entity, record_id, columns, user)

    def close_quote(self, record_id: str) -> None:
        self.set_columns("quote", record_id, {"statecode": 3, "statuscode": 5})

    def activate_quote(self, record_id: str) -> None:
        self.set_columns("quote", record_id, {"statecode": 1, "statuscode": 2})

    def delete(self, entity: str, record_id: str, user: str = seed.COLLEAGUE) -> None:
        self._world.delete(entity, record_id, user)

    def take_right(self, user: str, right: str) -> None:
        """`WriteAccess` and its like, in every table that is owned; of one user, whatever their roles say."""
        verb = right.removesuffix("Access")
        names = {table.privilege(verb) for table in self._world.tables.values() if table.owned}
        self.take_privileges(user, *names)

    def take_privileges(self, user: str, *names: str) -> None:
        withheld = self._world.security.withheld
        withheld[user] = withheld.get(user, frozenset()) | set(names)

    def put_out_of_reach(self, user: str, record_id: str) -> None:
        """As a record of another unit is: the user's roles do not reach it, and nobody shares it."""
        self._world.security.out_of_reach.add((user, record_id))

    def give_rights(self) -> None:
        """What was taken or put out of reach, to everybody."""
        self._world.security.withheld.clear()
        self._world.security.out_of_reach.clear()

    def switch_notifications_on(self, app: str) -> None:
        """As an administrator does in the app designer, for an app that is there or comes with it."""
        found = (row.id for row in self._world.rows.get("appmodule", {}).values() if row.values["uniquename"] == app)
        app_id = next(found, None) or self._world.add("appmodule", {"uniquename": app, "name": app}, "").id
        setting = {"value": "true", "parentappmoduleid": ("appmodule", app_id)}
        setting["settingdefinitionid"] = ("settingdefinition", named("settingdefinition", NOTIFICATIONS_ON))
        self._world.add("appsetting", setting, "")

    def is_on_form(self, table: str, web_resource: str) -> bool:
        return f"<Url>{web_resource}</Url>" in str(self._form(table)["formxml"])

    def put_on_form(self, table: str, web_resource: str) -> None:
        """As a customizer does on the table's main form, and publishes it."""
        name = web_resource.rpartition("/")[2].partition(".")[0]
        control = (
            f'<cell><control id="WebResource_{name}" classid="{{9FDF5F91-88B1-47f4-AD53-C11EFC01A01D}}"><parameters>'
            f"<Url>{web_resource}</Url><PassParameters>true</PassParameters><Security>false</Security>"
            "<Scrolling>auto</Scrolling><Border>false</Border></parameters></control></cell>"
        )
        self._form(table)["formxml"] = FORM.format(control=control)
        self._world.touched()

    def clear_form(self, table: str) -> None:
        """Takes every web resource off the table's main form."""
        self._form(table)["formxml"] = FORM.format(control="")
        self._world.touched()

    def _form(self, table: str) -> dict[str, Any]:
        return self._world.row("systemform", named("form", table)).values

    def columns(self, entity: str, record_id: str) -> dict[str, Any]:
        """What the record holds now, numbers as text."""
        row = self._world.row(entity, record_id)
        names = self._world.tables[entity].attributes
        return {name: _plain(row.values.get(name)) for name in names}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value
