"""`python -m bench.vendors oneflow|dataverse`: one vendor's simulator in a process of its own, with bulk controls.

A simulator in the bench's process would share its interpreter lock and be measured with it. Under `/_bench` whole
batches are made, edited and counted in one request, so that preparing a measurement takes no time of it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from dynamics.build import solution
from dynamics.description.roles import APPLICATION, SELLER
from sandbox import oneflow
from sandbox.dataverse import DataverseSimulator, seed
from sandbox.dataverse.solutions.installing import Installing
from sandbox.dataverse.solutions.package import Package
from sandbox.faults import Fault
from sandbox.identity import IdentitySimulator
from sandbox.oneflow import OneflowSimulator
from sandbox.role import give_whole_role
from sandbox.wire import App, Request, Response, Server

PREFIX = "/_bench/"
RECORD = {
    "name": "Nordlys",
    "estimatedvalue": "1250000.00",
    "estimatedclosedate": "2026-03-12",
    "new_priority": False,
    "description": "Frame agreement",
    "new_starttime": "2026-03-12T13:45:00Z",
}


class Bulk:
    """Answers `/_bench/...` and lets everything else through to the simulator."""

    def __init__(self, simulator: Any, acts: dict[str, Any]) -> None:
        self._simulator = simulator
        self._acts = {"delay": self._delay, "forget": self._forget, "count": self._count, **acts}

    def __call__(self, request: Request) -> Response:
        if not request.path.startswith(PREFIX):
            return self._simulator(request)  # type: ignore[no-any-return]
        body = json.loads(request.body) if request.body else {}
        return Response.of_json(200, self._acts[request.path.removeprefix(PREFIX)](**body))

    def _delay(self, seconds: float) -> None:
        """Every answer takes this much longer from now on."""
        self._simulator.faults.clear()
        if seconds:
            self._simulator.faults.add(Fault("delay", times=None, seconds=seconds))

    def _forget(self) -> None:
        self._simulator.log.clear()

    def _count(self) -> dict[str, Any]:
        """Requests by verb and status, and each write's path, since they were last forgotten."""
        entries = self._simulator.log.entries()
        return {
            "requests": Counter(f"{one.method} {one.status}" for one in entries),
            "writes": Counter(one.path.split("?")[0] for one in entries if one.is_write and one.status < 300),
            "times": [[one.at.timestamp(), one.status] for one in entries],
            "written_at": [one.at.timestamp() for one in entries if one.is_write and one.status < 300],
            "bytes": sum(len(one.body) for one in entries),
        }


def oneflow_app() -> App:
    simulator = OneflowSimulator()
    people = simulator.people

    def contracts(count: int) -> list[int]:
        made = [people.create(oneflow.seed.FRAME_TEMPLATE, oneflow.seed.SALES, "Bench", FIELDS) for _ in range(count)]
        for contract in made:
            people.publish(contract.id)
        return [contract.id for contract in made]

    def edit(contracts: list[int], fields: dict[str, str]) -> None:
        for contract in contracts:
            people.set_fields(contract, fields)

    def show(contract: int) -> dict[str, str]:
        return {one.custom_id: one.value for one in simulator.world.state.contracts[contract].fields}

    def switch(**switches: Any) -> None:
        simulator.switches.update(switches)
        simulator.api.limiter.reset()

    return Bulk(simulator, {"contracts": contracts, "edit": edit, "show": show, "switch": switch})


FIELDS = {
    "customer_name": "Nordlys",
    "amount": "1250000.00",
    "close_date": "2026-03-12",
    "is_priority": "No",
    "description": "Frame agreement",
    "start_time": "2026-03-12T13:45:00Z",
}


def dataverse_app(identity: IdentitySimulator) -> App:
    simulator = DataverseSimulator(holder=identity.holder)
    give_whole_role(simulator.world)

    def records(count: int) -> list[str]:
        return [simulator.people.new("opportunity", RECORD) for _ in range(count)]

    def edit(records: list[str], columns: dict[str, Any]) -> None:
        for record in records:
            simulator.people.set_columns("opportunity", record, columns)

    def show(records: list[str], column: str) -> list[Any]:
        return [simulator.people.columns("opportunity", one)[column] for one in records]

    def install() -> None:
        """The solution's tables, and its roles for the application user and the owners, who may see their rows."""
        content = solution(managed=True)
        Installing(simulator.world, simulator.switches).install(Package.read(content), content, False, False)
        simulator.world.security.assign(seed.APPLICATION, APPLICATION.id)
        for person in seed.SELLERS:
            simulator.world.security.assign(person, SELLER.id)

    return Bulk(simulator, {"records": records, "edit": edit, "show": show, "install": install})


def main(kind: str, certificates: str = "") -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    ready: dict[str, str] = {}
    if kind == "oneflow":
        ready["url"] = Server(oneflow_app()).url
    else:
        folder, identity = Path(certificates), IdentitySimulator()
        tls = (str(folder / "server.pem"), str(folder / "server.key"))
        app = dataverse_app(identity)
        ready["url"], ready["tls"] = Server(app).url, Server(app, tls=tls).url  # Microsoft's SDK wants https
        ready["identity"] = Server(identity, tls=tls).url
    print(json.dumps(ready), flush=True)
    parent = os.getppid()
    while not stop.wait(1.0) and os.getppid() == parent:
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
