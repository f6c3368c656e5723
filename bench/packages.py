"""The floor for CPU time: calls of a recording, made through the vendors' own packages and with nothing around them."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msal
from azure.core import MatchConditions
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueClient

from bench.recording import Operation, Sent, bare_session, operations, path_of, side_by_side

_LINK = "0-link"  # the row whose version guards a transaction


class Packages:
    """Plays recordings again, in turns, for the recorded pair. Calls are made ready beforehand, as arguments."""

    def __init__(self, env: Mapping[str, str], *recordings: list[Sent]) -> None:
        connection = env["AzureWebJobsStorage"]
        self._tables = TableServiceClient.from_connection_string(connection, retry_total=0)
        self._clients = {name: self._tables.get_table_client(name) for name in ("contracts", "due", "records")}
        self._queue = QueueClient.from_connection_string(connection, "sync-jobs", api_version="2025-11-05")
        self._scope = [f"{env['DATAVERSE_URL']}/.default"]
        self._dataverse = env["DATAVERSE_URL"]
        self._identity = msal.ConfidentialClientApplication(
            env["DATAVERSE_CLIENT_ID"],
            client_credential=env["DATAVERSE_CLIENT_SECRET"],
            authority=env["DATAVERSE_AUTHORITY"],
            instance_discovery=False,
        )
        self._session = bare_session()
        self._pool = ThreadPoolExecutor(16)
        self._turns = itertools.cycle(
            [[list(map(self._ready, group)) for group in side_by_side(sent)] for sent in recordings]
        )
        self._etag = self._version = ""
        self._next: Any = []

    def prepare(self) -> None:
        self._next = next(self._turns)

    def run(self) -> None:
        for group in self._next:
            others = [self._pool.submit(self._do, *call) for call in group[1:]]
            self._do(*group[0])
            for other in others:
                other.result()

    def _ready(self, one: Sent) -> tuple[str, Any]:
        path = path_of(one.url)
        if one.url.endswith("$batch"):
            return "transaction", operations(one.body)
        if one.is_table and one.method == "GET":
            return "query", (
                self._clients[path.rsplit("/", 1)[-1][:-2]],
                parse_qs(urlsplit(one.url).query)["$filter"][0],
            )
        if one.is_table:
            table, keys = path.rsplit("/", 1)[-1].split("(", 1)
            entity = dict(re.findall(r"(PartitionKey|RowKey)='([^']*)'", keys))
            return ("delete" if one.method == "DELETE" else "upsert"), (self._clients[table], entity)
        if one.is_queue:
            text = re.search(r"<MessageText>(.*)</MessageText>", one.body.decode())
            return "message", (text[1] if text else "", int(parse_qs(urlsplit(one.url).query)["visibilitytimeout"][0]))
        kept = {name: value for name, value in one.headers.items() if name not in ("Content-Length", "Authorization")}
        return "vendor", (one.method, one.url, kept, one.body or None, one.url.startswith(self._dataverse))

    def _do(self, kind: str, call: Any) -> None:
        if kind == "vendor":
            self._vendor(*call)
        elif kind == "query":
            client, text = call
            rows = list(client.query_entities(text))
            self._etag = next((str(row.metadata["etag"]) for row in rows if row["RowKey"] == _LINK), "")
        elif kind == "transaction":
            self._transact(call)
        elif kind == "upsert":
            call[0].upsert_entity(call[1])
        elif kind == "delete":
            with contextlib.suppress(ResourceNotFoundError):
                call[0].delete_entity(call[1]["PartitionKey"], call[1]["RowKey"])
        else:
            self._queue.send_message(call[0], visibility_timeout=call[1], time_to_live=-1)

    def _vendor(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, signed: bool) -> None:
        sent = dict(headers)
        if signed:
            token = self._identity.acquire_token_for_client(self._scope)["access_token"]
            sent["Authorization"] = f"Bearer {token}"
            if "If-Match" in sent:
                sent["If-Match"] = self._version
        answer = self._session.request(method, url, headers=sent, data=body, timeout=30)
        answer.raise_for_status()
        content = answer.json()
        self._version = content.get("@odata.etag", self._version)

    def _transact(self, parts: list[Operation]) -> None:
        table = re.search(r"/(\w+)(\(|$)", path_of(parts[0].url).removeprefix("/devstoreaccount1"))
        assert table
        answers = self._clients[table[1]].submit_transaction([self._operation(part) for part in parts])
        self._etag = str(answers[0].get("etag", "")) if table[1] == "contracts" else self._etag

    def _operation(self, part: Operation) -> Any:
        if part.method == "DELETE":
            keys = dict(re.findall(r"(PartitionKey|RowKey)='([^']*)'", path_of(part.url)))
            return ("delete", keys)
        entity = entity_of(part.entity)
        if part.method == "POST":
            return ("upsert", entity, {"mode": "replace"})  # a create would meet the row of the last turn
        if part.if_match and part.if_match != "*":
            condition = {"etag": self._etag, "match_condition": MatchConditions.IfNotModified}
            return ("update", entity, {"mode": "replace", **condition})
        return ("upsert", entity, {"mode": "replace"})


def entity_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """From the wire's form, which names the type of what JSON cannot say."""
    entity: dict[str, Any] = {}
    for name, value in content.items():
        if "@" in name or name == "odata.type":
            continue
        kind = content.get(f"{name}@odata.type")
        entity[name] = base64.b64decode(value) if kind == "Edm.Binary" else value
    return json.loads(json.dumps(entity)) if not any(isinstance(one, bytes) for one in entity.values()) else entity
