"""The app in this process: its functions called as the worker calls them, and links made in bulk."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import azure.functions as func

from bench.parts import Parts
from sandbox.story import MAPPING
from sync_core.bootstrap import Services
from sync_core.engine.model.jobs import SyncJob
from sync_core.settings import Settings


@dataclass(frozen=True)
class Pair:
    """A linked contract and record, settled on all fields."""

    contract_id: int
    record_id: str


class App:
    """Settings are read from the environment, which `Parts` has set."""

    def __init__(self, parts: Parts) -> None:
        import function_app

        self._parts = parts
        self._functions = {one.get_function_name(): one for one in function_app.app.get_functions()}
        self.services = Services(Settings.read(os.environ))
        self._first: Pair | None = None

    def call(self, name: str, body: Any = None, headers: dict[str, str] | None = None, **parts: Any) -> dict[str, Any]:
        """What the function answers; RuntimeError where that is no success."""
        request = func.HttpRequest(
            method="POST",
            url="/api/bench",
            headers={"Content-Type": "application/json", **(headers or {})},
            route_params={part: str(value) for part, value in parts.items()},
            body=json.dumps(body if body is not None else {}).encode(),
        )
        answer = self._functions[name].get_user_function()(request)
        if answer.status_code >= 300:
            raise RuntimeError(f"{name}: {answer.status_code} {answer.get_body().decode()[:500]}")
        content: dict[str, Any] = json.loads(answer.get_body())
        return content

    def push(self, pair: Pair) -> str:
        return str(self.call("push_contract", contract_id=pair.contract_id)["outcome"])

    def fetch(self, pair: Pair) -> str:
        return str(self.call("fetch_contract", contract_id=pair.contract_id)["outcome"])

    def job(self, pair: Pair) -> None:
        """An automatic sync, as the queue's function runs it."""
        self.services.jobs.run(SyncJob(pair.contract_id, "webhook"), datetime.now(UTC))

    def map(self, rows: Sequence[tuple[str, str, str]] = tuple(MAPPING)) -> None:
        names = ("dynamics_column", "oneflow_field", "direction")
        fields = [dict(zip(names, row, strict=True)) for row in rows]
        body = {"entity": "opportunity", "fields": fields}
        self.call("save_mapping", body, {"If-Match": "*"}, entity="opportunity")

    def pairs(self, count: int) -> list[Pair]:
        """Linked, and as settled as a push leaves them: the first is really pushed, the others get what it has."""
        contracts = self._parts.oneflow.act("contracts", count=count)
        records = self._parts.dataverse.act("records", count=count)
        pairs = [Pair(*both) for both in zip(contracts, records, strict=True)]
        links = self.services._links
        if self._first is None:
            self._first, others = pairs[0], pairs[1:]
            record_id = self._first.record_id
            self.call("link_contract", contract_id=self._first.contract_id, entity="opportunity", record_id=record_id)
            self.push(self._first)
        else:
            others = pairs
        known = links.open(self._first.contract_id)
        assert known is not None and known.bases
        bases = {key: replace(base, updated_time=None) for key, base in known.bases.items()}

        def link(pair: Pair) -> None:
            named = replace(known.link, contract_id=pair.contract_id, record_id=pair.record_id, field_ids={})
            fresh = replace(named, due=None, looked_at=None, looks_until=None, history_count=0, history_digest="")
            links.create(fresh, bases, [])

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(link, others))
        return pairs
