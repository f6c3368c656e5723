"""`python -m sandbox.host --port N [--app function_app] [--invoker direct|worker]`: the app as a process of its own.

Settings come from the environment. Ends on SIGTERM or SIGINT when what is running is done.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading

from sandbox.host.local import LocalHost
from sandbox.host.model import Rejected
from sandbox.host.queues import LEASE


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.host", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--app", default="function_app", help="the module that holds the app")
    parser.add_argument("--invoker", default="direct", choices=("direct", "worker"))
    parser.add_argument("--lease", type=int, default=LEASE, help="for how many seconds a queue message is taken")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        keys = json.loads(os.environ.get("SANDBOX_FUNCTION_KEYS") or "{}")
        host = LocalHost(options.app, invoker=options.invoker, port=options.port, keys=keys, lease=options.lease)
    except Rejected as rejected:
        print(f"host.rejected {rejected}", file=sys.stderr, flush=True)
        return 1
    # In one write: this file takes the log lines of other threads as well, and a line's end must not come after theirs.
    os.write(sys.stdout.fileno(), f"host.ready url={host.url}\n".encode())
    stop.wait()
    host.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
