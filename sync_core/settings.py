"""The app's settings, read from the environment; whatever is missing or wrong is told at once, by name, never by value.

README.md lists them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from sync_core.errors import ConfigurationError
from sync_core.header_text import not_carried
from sync_core.ncrontab import schedule_fault

_REQUIRED = (
    "ONEFLOW_API_TOKEN",
    "ONEFLOW_USER_EMAIL",
    "ONEFLOW_SIGN_KEYS",
    "DATAVERSE_URL",
    "DATAVERSE_TENANT_ID",
    "DATAVERSE_CLIENT_ID",
)
_STORAGE = "AzureWebJobsStorage"
# Columns of a Dynamics user that may say who they are in Oneflow; what each means: docs/security.md.
USER_ADDRESSES = ("internalemailaddress", "domainname")

# What becomes of a contract's row in Dynamics when its link ends; or no rows at all. docs/contract-table.md
SIGNED_DOCUMENTS = ("off", "keep")
CONTRACT_ROWS = ("keep", "remove", "off")


@dataclass(frozen=True, slots=True)
class Settings:
    oneflow_url: str
    oneflow_token: str
    oneflow_email: str
    sign_keys: tuple[str, ...]
    webhook_key: str | None
    public_url: str | None
    dataverse_url: str
    tenant_id: str
    client_id: str
    client_secret: str | None
    authority: str | None
    storage_connection: str | None
    table_uri: str | None
    queue_uri: str | None
    storage_client_id: str | None
    label_language: int | None
    history_days: int
    lock_seconds: float
    oneflow_rate: tuple[int, int] = (2000, 300)  # requests, seconds
    installation: str | None = None  # its id in storage, where it is chosen
    site: str | None = None  # the app and its slot in Azure
    user_address: str = USER_ADDRESSES[0]
    contract_rows: str = CONTRACT_ROWS[0]
    signed_documents: str = SIGNED_DOCUMENTS[0]

    @classmethod
    def read(cls, env: Mapping[str, str]) -> Settings:
        """ConfigurationError with all problems, one line each."""
        reading = _Reading(env)
        storage = reading.storage()
        reading.schedule("SYNC_RECONCILE_SCHEDULE")
        settings = cls(
            oneflow_url=reading.url("ONEFLOW_API_URL", "https://api.oneflow.com/v1"),
            oneflow_token=reading.header("ONEFLOW_API_TOKEN"),
            oneflow_email=reading.header("ONEFLOW_USER_EMAIL"),
            sign_keys=tuple(key.strip() for key in reading.text("ONEFLOW_SIGN_KEYS").split(",") if key.strip()),
            webhook_key=reading.optional("ONEFLOW_WEBHOOK_KEY"),
            public_url=reading.public_url(),
            dataverse_url=reading.url("DATAVERSE_URL"),
            tenant_id=reading.text("DATAVERSE_TENANT_ID"),
            client_id=reading.text("DATAVERSE_CLIENT_ID"),
            client_secret=reading.optional("DATAVERSE_CLIENT_SECRET"),
            authority=reading.url("DATAVERSE_AUTHORITY") if env.get("DATAVERSE_AUTHORITY") else None,
            storage_connection=storage[0],
            table_uri=storage[1],
            queue_uri=storage[2],
            storage_client_id=reading.optional(f"{_STORAGE}__clientId"),
            label_language=reading.number("SYNC_LABEL_LANGUAGE", None, 1, 65_535),
            history_days=reading.number("SYNC_HISTORY_DAYS", 365, 1, 36_500) or 365,
            user_address=reading.one_of("SYNC_USER_ADDRESS", USER_ADDRESSES),
            contract_rows=reading.one_of("SYNC_CONTRACT_ROWS", CONTRACT_ROWS),
            signed_documents=reading.one_of("SYNC_SIGNED_DOCUMENTS", SIGNED_DOCUMENTS),
            lock_seconds=float(reading.number("SYNC_LOCK_SECONDS", 300, 2, 3_600) or 300),
            oneflow_rate=reading.rate("ONEFLOW_RATE_LIMIT", (2000, 300)),
            installation=reading.installation("SYNC_INSTALLATION"),
            site=reading.site(),
        )
        if reading.problems:
            raise ConfigurationError(reading.problems)
        return settings


def queue_of(env: Mapping[str, str]) -> tuple[str | None, str | None, str | None, str | None]:
    """Only where the queue is, by as little as the host's own triggers need: connection string, table URI (None where
    it is not known), queue URI, client id. ConfigurationError without any."""
    reading = _Reading(env)
    connection, table, queue = reading.storage(only_queue=True)
    if reading.problems:
        raise ConfigurationError(reading.problems)
    return connection, table, queue, reading.optional(f"{_STORAGE}__clientId")


class _Reading:
    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self.problems: list[str] = []

    def text(self, name: str) -> str:
        value = self._given(name)
        if not value and name in _REQUIRED:
            self.problems.append(f"{name} is missing.")
        return value

    def header(self, name: str) -> str:
        """A text that requests carry in a header."""
        value = self.text(name)
        if not_carried(value):
            self.problems.append(f"{name} has a character that no HTTP header can carry.")
        return value

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        """One of these words, the first where none is given."""
        value = (self.optional(name) or allowed[0]).lower()
        if value not in allowed:
            self.problems.append(f"{name} must be {' or '.join(allowed)}.")
        return value

    def optional(self, name: str) -> str | None:
        return self._given(name) or None

    def _given(self, name: str) -> str:
        value = (self._env.get(name) or "").strip()
        if value.startswith("@Microsoft.KeyVault("):
            # https://learn.microsoft.com/azure/app-service/app-service-key-vault-references: left as it is written
            self.problems.append(
                f"{name} is a reference to a key vault's secret that was not resolved: does the secret exist, and may "
                "the app's identity read it?"
            )
        return value

    def url(self, name: str, default: str = "") -> str:
        value = (self._env.get(name) or default).strip().rstrip("/")
        if not value:
            self.problems.append(f"{name} is missing.")
        elif not is_safe_url(value):
            self.problems.append(f"{name} must be an https address (plain http for this machine only).")
        return value

    def public_url(self) -> str | None:
        host = self.optional("WEBSITE_HOSTNAME")
        if self._env.get("PUBLIC_URL"):
            return self.url("PUBLIC_URL")
        return f"https://{host}" if host else None

    def number(self, name: str, default: int | None, low: int, high: int) -> int | None:
        value = self.optional(name)
        if value is None:
            return default
        if not re.fullmatch(r"\d{1,6}", value) or not low <= int(value) <= high:
            self.problems.append(f"{name} must be a whole number from {low} to {high}.")
            return default
        return int(value)

    def schedule(self, name: str) -> None:
        """The host reads its value, and says only in its own log that it cannot."""
        value = self.optional(name)
        fault = schedule_fault(value) if value else None
        if fault:
            self.problems.append(f"{name} {fault}. Every half minute is */30 * * * * *.")

    def installation(self, name: str) -> str | None:
        value = self.optional(name)
        if value is not None and not re.fullmatch(r"[a-z0-9]{3,32}", value):
            self.problems.append(f"{name} must be 3 to 32 small letters and digits.")
        return value

    def site(self) -> str | None:
        name = self.optional("WEBSITE_SITE_NAME")
        return f"{name}/{self.optional('WEBSITE_SLOT_NAME') or 'Production'}" if name else None

    def rate(self, name: str, default: tuple[int, int]) -> tuple[int, int]:
        """Requests and seconds, written as `2000/300`."""
        value = self.optional(name)
        if value is None:
            return default
        found = re.fullmatch(r"(\d{1,6})/(\d{1,4})", value)
        if not found or not int(found[1]) or not int(found[2]):
            self.problems.append(f"{name} must be requests/seconds, such as 2000/300.")
            return default
        return int(found[1]), int(found[2])

    def storage(self, only_queue: bool = False) -> tuple[str | None, str | None, str | None]:
        """A connection string, or the addresses of both services; an account's name gives both."""
        connection = self.optional(_STORAGE)
        if connection:
            return connection, None, None
        account = self.optional(f"{_STORAGE}__accountName")
        table = self.optional(f"{_STORAGE}__tableServiceUri")
        queue = self.optional(f"{_STORAGE}__queueServiceUri")
        if account:
            table = table or f"https://{account}.table.core.windows.net"
            queue = queue or f"https://{account}.queue.core.windows.net"
        if not queue or not (table or only_queue):
            self.problems.append(
                f"{_STORAGE} is missing: a connection string, or {_STORAGE}__accountName, or both "
                f"{_STORAGE}__tableServiceUri and {_STORAGE}__queueServiceUri."
            )
        return None, table, queue


def is_safe_url(url: str) -> bool:
    """https, or plain http to this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))


_LOOPBACK = ("127.0.0.1", "localhost", "::1")
