"""`python -m sandbox.oneflow --port 8101 --data FOLDER`: the simulator over HTTP on loopback, kept in a folder."""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

from sandbox.oneflow.account.seed import TOKEN
from sandbox.oneflow.simulator import OneflowSimulator
from sandbox.oneflow.store import Saver, Store
from sandbox.wire import Server

FILE_NAME = "oneflow.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; then save and return 0."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.oneflow", description=__doc__)
    parser.add_argument("--port", type=int, default=8101, help="0 takes a free one (default: %(default)s)")
    parser.add_argument("--data", type=Path, help="folder that keeps the account; without it all is forgotten")
    parser.add_argument("--token", default=TOKEN, help="the API token that is accepted, 40 characters")
    parser.add_argument("--retry-scale", type=float, default=1.0, help="multiplies the webhook retry times")
    options = parser.parse_args(arguments)

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    simulator = OneflowSimulator(token=options.token, retry_scale=options.retry_scale)
    saver = None
    if options.data is not None:
        options.data.mkdir(parents=True, exist_ok=True)
        store = Store(simulator, options.data / FILE_NAME)
        store.load()
        saver = Saver(store)
    simulator.start()
    server = Server(simulator, options.port)
    print(f"oneflow.ready url={server.url}/v1 control={server.url}/_sandbox", flush=True)
    stop.wait()
    server.close()
    simulator.close()
    if saver is not None:
        saver.close()
    return 0
