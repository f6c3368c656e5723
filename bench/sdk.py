"""8. What a user would write instead: Microsoft's own Dataverse SDK, and plain requests for Oneflow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import requests
from azure.identity import ClientSecretCredential
from PowerPlatform.Dataverse.client import DataverseClient

from bench.app import App, Pair
from bench.latency import Action
from bench.measure import Figure, Subject, interleaved
from bench.parts import Parts
from bench.recording import Sent, recorded

GROUP = "Against a script with Microsoft's SDK"
_MAPPED = {"customer_name": "name", "amount": "estimatedvalue", "description": "description"}
_LATENCY = 0.08


class Script:
    """Read both, compare as text, write what differs. It keeps no base, no intent and no history, and asks no right."""

    def __init__(self, parts: Parts) -> None:
        env = parts.env
        host = env["DATAVERSE_AUTHORITY"].rsplit("/", 1)[0]
        credential = ClientSecretCredential(
            env["DATAVERSE_TENANT_ID"], env["DATAVERSE_CLIENT_ID"], env["DATAVERSE_CLIENT_SECRET"],
            authority=host, disable_instance_discovery=True,
        )  # fmt: skip
        self._client = DataverseClient(parts.dataverse.ready["tls"], credential)
        self._oneflow = env["ONEFLOW_API_URL"]
        self._headers = {
            "x-oneflow-api-token": env["ONEFLOW_API_TOKEN"],
            "x-oneflow-user-email": env["ONEFLOW_USER_EMAIL"],
        }

    def push(self, pair: Pair) -> None:
        record, fields = self._read(pair)
        values = {name: str(record[column] or "") for name, column in _MAPPED.items()}
        changed = [{"id": fields[name][0], "value": text} for name, text in values.items() if fields[name][1] != text]
        if changed:
            url = f"{self._oneflow}/contracts/{pair.contract_id}/data_fields"
            answer = requests.put(url, json={"data_fields": changed}, headers=self._headers, timeout=30)
            answer.raise_for_status()

    def fetch(self, pair: Pair) -> None:
        record, fields = self._read(pair)
        changed = {
            column: fields[name][1]
            for name, column in _MAPPED.items()
            if column != "estimatedvalue" and fields[name][1] != str(record[column] or "")
        }
        if changed:
            self._client.records.update("opportunity", pair.record_id, changed)

    def _read(self, pair: Pair) -> tuple[Any, dict[str, tuple[int, str]]]:
        record = self._client.records.retrieve("opportunity", pair.record_id, select=list(_MAPPED.values()))
        answer = requests.get(f"{self._oneflow}/contracts/{pair.contract_id}", headers=self._headers, timeout=30)
        answer.raise_for_status()
        shown = answer.json()["data_fields"]
        return record, {one["_private_ownerside"]["custom_id"]: (one["id"], one["value"]) for one in shown}


def measure(parts: Parts, app: App, turns: int = 12) -> Iterator[Figure]:
    script = Script(parts)
    for kind in ("push", "fetch"):
        action = Action(parts, app, kind)
        ours, theirs = app.pairs(2)
        for pair in (ours, theirs):
            app.push(pair)
        runs: list[tuple[Callable[[Pair], None], Pair]] = [
            (action.run, ours), (script.push if kind == "push" else script.fetch, theirs)
        ]  # fmt: skip
        counted = []
        for run, pair in runs:
            for _ in range(2):  # the second time everything that is cached is there
                action.prepare(pair)
                with recorded() as sent:
                    run(pair)
            counted.append(_vendor(parts, sent))
        parts.delay(_LATENCY)
        app_times, script_times = interleaved([_subject(action, run, pair) for run, pair in runs], turns, warm=1)
        parts.delay(0)
        (requests_ours, bytes_ours), (requests_theirs, bytes_theirs) = counted
        yield Figure(
            GROUP,
            f"{kind} over the script's, vendors at 80 ms",
            app_times.median / script_times.median,
            measured=f"{app_times.median * 1000:.0f} ms, {requests_ours} requests, {bytes_ours / 1000:.1f} kB",
            floor=f"{script_times.median * 1000:.0f} ms, {requests_theirs} requests, {bytes_theirs / 1000:.1f} kB",
            note="requests and bytes of the vendors; the floor is the script",
        )


def _subject(action: Action, run: Callable[[Pair], None], pair: Pair) -> Subject:
    return Subject(lambda: run(pair), lambda: action.prepare(pair))


def _vendor(parts: Parts, sent: list[Sent]) -> tuple[int, int]:
    addresses = (parts.oneflow.url, parts.dataverse.url, parts.dataverse.ready["tls"])
    found = [one for one in sent if one.url.startswith(addresses)]
    return len(found), sum(len(one.body) + len(one.answer) for one in found)
