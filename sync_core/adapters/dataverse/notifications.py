"""In-app notifications and notes on a record's timeline (fact sheet dynamics-solution 4): rows under ids that the
caller gives, made only where there are none."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from sync_core.adapters.dataverse.api import DataverseApi
from sync_core.adapters.dataverse.metadata import Metadata
from sync_core.adapters.dataverse.privileges import Privileges
from sync_core.engine.values.canonical import shortened
from sync_core.errors import Gone, Ground, NotAllowed, Refused, VersionMoved

TABLE, NOTES = "appnotification", "annotation"
SETTING = "AllowNotificationsEarlyAccess"
VERBS = ("Create", "Read", "Assign")  # the last where the table knows it
_ICONS: Mapping[str, int] = {
    "signed": 100_000_001, "declined": 100_000_002, "broken": 100_000_002, "conflict": 100_000_003,
    "refused": 100_000_003, "signature_reset": 100_000_003, "failed": 100_000_002, "blocked": 100_000_003,
}  # fmt: skip
_INFO, _TIMED = 100_000_000, 200_000_000
_FOURTEEN_DAYS = 1_209_600
_SWEDISH = 1053
_TITLE, _BODY, _SUBJECT = 100, 500, 500  # characters


class Notifications:
    """As the application user."""

    def __init__(self, api: DataverseApi, metadata: Metadata, privileges: Privileges) -> None:
        self._api, self._metadata, self._privileges = api, metadata, privileges

    def swedish(self) -> bool:
        return self._metadata.label_language() == _SWEDISH

    def notify(self, news_id: str, user_id: str, kind: str, title: str, text: str, record: tuple[str, str]) -> bool:
        """False where the user is disabled or gone. Told already is as good as told now."""
        if not self._is_enabled(user_id):
            return False
        entity, record_id = record
        open_record = {
            "title": "Open" if not self.swedish() else "Öppna",
            "data": {"url": f"?pagetype=entityrecord&etn={entity}&id={record_id}", "navigationTarget": "inline"},
        }
        body = {
            "title": shortened(title, _TITLE),
            "body": shortened(text, _BODY),
            "ownerid@odata.bind": f"/systemusers({user_id})",
            "icontype": _ICONS.get(kind, _INFO),
            "toasttype": _TIMED,
            "ttlinseconds": _FOURTEEN_DAYS,
            "data": json.dumps({"actions": [open_record]}, ensure_ascii=False),
        }
        self._make("appnotifications", news_id, body)
        return True

    def note(self, note_id: str, entity: str, record_id: str, title: str, text: str) -> None:
        bound = f"objectid_{entity}@odata.bind"
        to = f"/{self._metadata.table(entity).entity.set_name}({record_id})"
        self._make("annotations", note_id, {"subject": shortened(title, _SUBJECT), "notetext": text, bound: to})

    def lacks(self, held: Collection[str] | None = None) -> tuple[str, str | None] | None:
        """What stops notifications: the table, a privilege by its name, or the setting of every app. `held`: the
        application user's privileges, where another asks for it."""
        try:
            named = self._privileges.of_table(TABLE)
        except Gone:
            return "table", None
        known = self._privileges.held() if held is None else held
        missing = [named[verb] for verb in VERBS if verb in named and named[verb] not in known]
        if missing:
            return "privilege", missing[0]
        return ("app_setting", None) if self._is_off_everywhere() else None

    def _is_off_everywhere(self) -> bool:
        """False also where settings cannot be read."""
        try:
            params = {"$select": "settingdefinitionid,defaultvalue", "$filter": f"uniquename eq '{SETTING}'"}
            found = next(iter(self._api.rows("settingdefinitions", params=params)), None)
            if found is None:
                return False
            params = {"$select": "value", "$filter": f"_settingdefinitionid_value eq {found['settingdefinitionid']}"}
            values = [str(one.get("value")) for one in self._api.rows("appsettings", params=params)]
        except (Gone, NotAllowed, Refused):
            return False
        return not any(value.lower() == "true" for value in (*values, str(found.get("defaultvalue"))))

    def _is_enabled(self, user_id: str) -> bool:
        try:
            at, params = {"id": user_id}, {"$select": "isdisabled"}
            found = self._api.call("GET", "systemusers({id})", at=at, params=params).data or {}
        except Gone:
            return False
        return found.get("isdisabled") is not True

    def _make(self, table: str, row_id: str, body: Mapping[str, Any]) -> None:
        at = {"set": table, "id": row_id}
        try:
            self._api.call("PATCH", "{set}({id})", at=at, json=body, headers={"If-None-Match": "*"})
        except VersionMoved:
            return  # it stands there already
        except Refused as error:
            if error.ground is not Ground.KEY_TAKEN:
                raise
