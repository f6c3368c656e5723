"""A local Functions host: real routes, keys, queues and timers for the functions of a `function_app.py`."""

from sandbox.host.local import LocalHost
from sandbox.host.model import Rejected

__all__ = ["LocalHost", "Rejected"]
