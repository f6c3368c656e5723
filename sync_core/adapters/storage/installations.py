"""Which rows and messages of a storage account are an installation's own: several may share one.

The id is stored, in partition `installations` of table `marks`, under the names by which an installation is known: its
two addresses, however they are spelled, and in Azure its site. An address or a site may change; the id stays.
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sync_core.adapters.storage.connection import Storage
from sync_core.adapters.storage.errors import storage_errors
from sync_core.adapters.storage.filters import in_partition, in_partitions
from sync_core.errors import ConfigurationError, Taken

log = logging.getLogger(__name__)

_TABLE, _PARTITION = "marks", "installations"
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Names:
    """By what an installation is known. `chosen`: the id, where an operator chose it. Needs no storage."""

    oneflow_url: str
    dataverse_url: str
    site: str | None = None
    chosen: str | None = None

    @property
    def stamp(self) -> str:
        """What its messages carry."""
        return f"id-{self.chosen}" if self.chosen else self.addresses

    @property
    def addresses(self) -> str:
        return f"addresses-{_digest(f'{_canonical(self.oneflow_url)}|{self.environment}')}"

    @property
    def environment(self) -> str:
        """Dataverse answers under two names for the same environment."""
        return re.sub(r"//([^./]+)\.api\.(crm\d*)\.", r"//\1.\2.", _canonical(self.dataverse_url))

    @property
    def site_name(self) -> str | None:
        return f"site-{_digest(self.site.lower())}" if self.site else None

    @property
    def computed(self) -> Sequence[str]:
        """The ids that versions before computed from the addresses."""
        spelt = (
            (self.oneflow_url, self.dataverse_url),
            (_canonical(self.oneflow_url), _canonical(self.dataverse_url)),
            (_canonical(self.oneflow_url), self.environment),
        )
        texts = dict.fromkeys(f"{oneflow}|{dataverse}".lower() for oneflow, dataverse in spelt)
        return [hashlib.sha256(text.encode()).hexdigest()[:12] for text in texts]


class Installation:
    """Finds the id when it is first asked for, and keeps it. Thread-safe."""

    def __init__(self, storage: Storage, names: Names) -> None:
        self._storage, self._names = storage, names
        self._guard = threading.Lock()
        self._id = names.chosen

    @property
    def id(self) -> str:
        """ConfigurationError where the app was pointed at another environment and nobody said what that means."""
        with self._guard:
            if self._id is None:
                self._id = self._found()
            return self._id

    def is_ours(self, stamp: str | None) -> bool:
        """Whether a message with this stamp is this installation's; one without is from before there were any."""
        if stamp is None or stamp in (self._names.stamp, self._names.addresses, f"id-{self.id}"):
            return True
        return self._rows().get(stamp, ("", ""))[0] == self.id

    def _found(self) -> str:
        names, rows = self._names, self._rows()
        at_site = rows.get(names.site_name or "")
        if names.addresses in rows:
            found = rows[names.addresses][0]
        elif at_site is None:
            found = self._before() or uuid.uuid4().hex[:12]
        elif at_site[1] == names.environment:
            found = at_site[0]
        else:
            raise ConfigurationError([_ANOTHER.format(id=at_site[0])])
        if names.addresses not in rows:
            found = self._take(names.addresses, found)
            log.warning("installation.named id=%s others=%s", found, len({one for one, _ in rows.values()} - {found}))
        if names.site_name and at_site != (found, names.environment):
            with storage_errors(writing=True):
                self._storage.table(_TABLE).upsert_entity(self._row(names.site_name, found))
        return found

    def _before(self) -> str | None:
        """The id by which a version before kept this installation's data, if it did."""
        return next((one for one in self._names.computed if self._has_data(one)), None)

    def _has_data(self, account: str) -> bool:
        its_own, of_contracts = in_partition(account), in_partitions(f"{account}-")
        storage = self._storage
        with storage_errors():
            for part, wanted in (
                (storage.table(_TABLE), its_own),
                (storage.table("mappings"), its_own),
                (storage.table("due"), its_own),
                (storage.table("contracts"), of_contracts),
            ):
                rows = part.query_entities(wanted.text, parameters=wanted.values, results_per_page=1)
                if next(iter(rows), None) is not None:
                    return True
        return False

    def _take(self, name: str, account: str) -> str:
        """The id under this name: the given one, or that of another process which came first."""
        try:
            with storage_errors(writing=True):
                self._storage.table(_TABLE).create_entity(self._row(name, account))
        except Taken:
            return self._rows()[name][0]
        return account

    def _rows(self) -> Mapping[str, tuple[str, str]]:
        """Name -> id, and the environment that it was for."""
        with storage_errors():
            rows = self._storage.table(_TABLE).query_entities(
                "PartitionKey eq @partition", parameters={"partition": _PARTITION}
            )
            return {row["RowKey"]: (str(row["id"]), str(row.get("environment", ""))) for row in rows}

    def _row(self, name: str, account: str) -> dict[str, str]:
        return {"PartitionKey": _PARTITION, "RowKey": name, "id": account, "environment": self._names.environment}


_ANOTHER = (
    "DATAVERSE_URL is another environment than the one whose data this app keeps. If the environment was only renamed, "
    "set SYNC_INSTALLATION to {id}; to begin anew, set it to a new name of your own."
)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _canonical(url: str) -> str:
    """One spelling for an address: capitals, a default port, a dot at the host's end and a slash at the path's end say
    nothing."""
    parts = urlsplit(url.strip().lower())
    host = (parts.hostname or "").rstrip(".")
    port = f":{parts.port}" if parts.port not in (None, _PORTS.get(parts.scheme)) else ""
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"
