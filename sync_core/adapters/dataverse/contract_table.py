"""Table `ofs_contract`, which the solution brings: one row a contract, written by its alternate key
(fact sheet dynamics-solution 7)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sync_core.adapters.dataverse.api import DataverseApi
from sync_core.adapters.dataverse.metadata import Metadata
from sync_core.adapters.dataverse.people import NO_SUCH_RECORD
from sync_core.adapters.dataverse.privileges import Privileges
from sync_core.engine.showing.contract_row import (
    ENDED,
    LINK_STATUSES,
    OUTCOMES,
    REQUESTS,
    SIDES,
    STATES,
    SYNC_STATES,
    ContractRow,
    Shown,
)
from sync_core.errors import Gone, NotAllowed, Refused

log = logging.getLogger(__name__)

TABLE, SET = "ofs_contract", "ofs_contracts"
NUMBER, INSTALLATION, URL = "ofs_contractnumber", "ofs_installation", "ofs_url"
FIRST_OPTION = 723_100_000
OPTIONS: Mapping[str, Sequence[str]] = {
    "state": STATES,
    "link_status": LINK_STATUSES,
    "sync_state": SYNC_STATES,
    "last_change_side": SIDES,
    "outcome_result": OUTCOMES,
    "outcome_request": REQUESTS,
}
# The lookups that the solution brings, by table. Others have those of an administrator's own.
LOOKUPS: Mapping[str, tuple[str, str]] = {
    "opportunity": ("ofs_opportunityid", "ofs_OpportunityId"),
    "quote": ("ofs_quoteid", "ofs_QuoteId"),
}
SETS: Mapping[str, str] = {"opportunity": "opportunities", "quote": "quotes"}
VERBS = ("Create", "Read", "Write", "Append", "AppendTo", "Assign")
_OWNERS = {"systemuser": "systemusers", "team": "teams"}
_KEYS = "EntityDefinitions(LogicalName='{name}')/Keys"
ROW = "{set}(ofs_contractnumber='{number}',ofs_installation='{installation}')"


class ContractTable:
    """As the application user. `installation` tells its own rows; `url_of` a contract's page."""

    def __init__(
        self,
        api: DataverseApi,
        metadata: Metadata,
        privileges: Privileges,
        installation: Callable[[], str],
        url_of: Callable[[int], str],
    ) -> None:
        self._api, self._metadata, self._privileges = api, metadata, privileges
        self._installation, self._url_of = installation, url_of

    def write(self, row: ContractRow) -> None:
        """One upsert. Gone where there is no table; NotAllowed, Refused, Temporary."""
        body, record, owner = self._body(row), self._of_record(row), self._of_owner(row)
        # The record may be gone, and its owner may not see such rows: then the row is there without them.
        tries = [{**body, **record, **owner}]
        tries += [{**body, **record}] if owner else []
        tries += [body] if record else []
        for place, sent in enumerate(tries):
            try:
                self._patch(row.contract_id, sent)
            except (Gone, NotAllowed, Refused) as error:
                if sent is tries[-1] or (isinstance(error, Gone) and error.code.lower() != NO_SUCH_RECORD):
                    raise
                left = "owner" if place == 0 and owner else "record"
                log.info("contract_row.without what=%s missing=%s", left, error.missing)
            else:
                return

    def end(self, contract_id: int, remove: bool) -> None:
        """Only where the row is there. Gone where it is not."""
        at = self._at(contract_id)
        if remove:
            self._api.call("DELETE", ROW, at=at)
            return
        body = {column_of(name): json_of(name, value) for name, value in ENDED.items()}
        self._api.call("PATCH", ROW, at=at, json=body, headers={"If-Match": "*"})

    def otherwise(self, rows: Sequence[ContractRow]) -> frozenset[int]:
        """The contracts whose rows are missing, or show something else."""
        names = sorted({column_of(name) for row in rows for name in row.values})
        numbers = " or ".join(f"{NUMBER} eq '{row.contract_id}'" for row in rows)
        pointing = (self._lookup(row) for row in rows if row.record)
        lookups = sorted({f"_{own[0]}_value" for own in pointing if own})
        params = {
            "$select": ",".join([NUMBER, URL, *names, *lookups]),
            "$filter": f"{INSTALLATION} eq '{self._installation()}' and ({numbers})",
        }
        found = {str(one.get(NUMBER)): one for one in self._api.rows(SET, params=params)}
        return frozenset(row.contract_id for row in rows if not self._is(row, found.get(str(row.contract_id))))

    def lacks(self, held: Collection[str] | None = None) -> tuple[str, str | None] | None:
        """What is missing for rows to be written: the table, its key's index, or a privilege by its name. `held`: the
        application user's privileges, where another asks for it."""
        try:
            params = {"$select": "LogicalName,EntityKeyIndexStatus,KeyAttributes"}
            keys = list(self._api.rows(_KEYS, at={"name": TABLE}, params=params))
        except Gone:
            return "table", None
        own = [key for key in keys if set(key.get("KeyAttributes") or ()) == {NUMBER, INSTALLATION}]
        if not own or own[0].get("EntityKeyIndexStatus") not in (None, "Active"):
            return "key", str(own[0].get("EntityKeyIndexStatus")) if own else None
        named = self._privileges.of_table(TABLE)
        known = self._privileges.held() if held is None else held
        missing = [named[verb] for verb in VERBS if verb in named and named[verb] not in known]
        return ("privilege", missing[0]) if missing else None

    def _patch(self, contract_id: int, body: Mapping[str, Any]) -> None:
        self._api.call("PATCH", ROW, at=self._at(contract_id), json=body)

    def _at(self, contract_id: int) -> dict[str, object]:
        return {"set": SET, "number": contract_id, "installation": self._installation()}

    def _body(self, row: ContractRow) -> dict[str, Any]:
        body = {column_of(name): json_of(name, value) for name, value in row.values.items()}
        return body | {URL: self._url_of(row.contract_id)}

    def _of_record(self, row: ContractRow) -> dict[str, Any]:
        """The record by its table's lookup, the others empty: a link may move from one table to another."""
        bound: dict[str, Any] = {}
        if row.record is not None:
            entity, record_id = row.record
            own = self._lookup(row)
            for lookup, navigation in LOOKUPS.values():
                if own is None or lookup != own[0]:
                    bound[f"{navigation}@odata.bind"] = None
            if own is not None:
                bound[f"{own[1]}@odata.bind"] = f"/{self._set(entity)}({record_id})"
        return bound

    def _of_owner(self, row: ContractRow) -> dict[str, Any]:
        if row.owner is None:
            return {}
        kind, _, owner_id = row.owner.partition(":")
        return {"ownerid@odata.bind": f"/{_OWNERS[kind]}({owner_id})"}

    def _lookup(self, row: ContractRow) -> tuple[str, str] | None:
        """The lookup at the row's record and its property. Columns of the platform's own have no prefix."""
        entity = row.record[0] if row.record else ""
        if entity in LOOKUPS:
            return LOOKUPS[entity]
        known = self._metadata.navigation(TABLE).items()
        own = sorted((lookup, to) for (lookup, target), to in known if target == entity and "_" in lookup)
        return own[0] if own else None

    def _set(self, entity: str) -> str:
        return SETS.get(entity) or self._metadata.table(entity).entity.set_name

    def _is(self, row: ContractRow, found: Mapping[str, Any] | None) -> bool:
        if found is None or found.get(URL) != self._url_of(row.contract_id):
            return False
        if row.record is not None and (own := self._lookup(row)) is not None:
            held = found.get(f"_{own[0]}_value")
            if str(held or "").lower() != row.record[1]:
                return False
        return all(_same(found.get(column_of(name)), json_of(name, value)) for name, value in row.values.items())


def column_of(name: str) -> str:
    return f"ofs_{name.replace('_', '')}"


def json_of(name: str, value: Shown) -> Any:
    """What is sent for a value: a word of a choice as its option."""
    if value is None:
        return None
    if name in OPTIONS:
        return FIRST_OPTION + OPTIONS[name].index(str(value))
    return Decimal(str(value)) if name == "value" else value


def _same(held: Any, wanted: Any) -> bool:
    """Line ends are Dynamics' own, and moments and amounts are compared as such."""
    if held == wanted or (held in (None, "") and wanted in (None, "")):
        return True
    if isinstance(held, str) and isinstance(wanted, str):
        one, other = held.replace("\r\n", "\n").strip(), wanted.replace("\r\n", "\n").strip()
        return one == other or (_moment(one) is not None and _moment(one) == _moment(other))
    if isinstance(wanted, Decimal) and held is not None:
        try:
            return Decimal(str(held)) == wanted
        except InvalidOperation:
            return False
    return False


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
