"""What the host learns of an app: its functions and host.json; and what the real host would reject at start."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.host.schedule import Schedule

# https://github.com/Azure/azure-functions-host: Utility.IsValidFunctionName, ScriptHost.ValidateHttpFunction
_NAME = re.compile(r"(?!host$)[a-z][a-z0-9_-]{0,127}", re.IGNORECASE)
_RESERVED = ("admin", "runtime")


class Rejected(Exception):
    """The real host would not start this app; the text says why."""


@dataclass(frozen=True)
class FunctionSpec:
    """One function by its trigger: "http", "queue" or "timer"."""

    name: str
    kind: str
    argument: str
    route: str = ""
    methods: frozenset[str] = frozenset()
    auth_level: str = "FUNCTION"
    queue: str = ""
    connection: str = ""
    schedule: Schedule | None = None
    run_on_startup: bool = False
    monitored: bool = False  # the timer's last run is kept, so that a missed one is made up for


@dataclass(frozen=True)
class HostSettings:
    """host.json, as far as it governs queues and routes; times in seconds."""

    route_prefix: str = "api"
    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    visibility_timeout: float = 0.0
    max_polling: float = 60.0
    base64: bool = True

    @classmethod
    def read(cls, path: Path) -> HostSettings:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.get("version") != "2.0":
            raise Rejected("host.json: version must be 2.0")
        extensions = content.get("extensions", {})
        queues, default = extensions.get("queues", {}), cls()
        batch = int(queues.get("batchSize", default.batch_size))
        if not 1 <= batch <= 32:
            raise Rejected("host.json: queues.batchSize must be 1 to 32")
        return cls(
            extensions.get("http", {}).get("routePrefix", "api"),
            batch,
            int(queues.get("newBatchThreshold", batch // 2)),
            int(queues.get("maxDequeueCount", default.max_dequeue_count)),
            _seconds(queues.get("visibilityTimeout", "00:00:00")),
            max(0.1, _seconds(queues.get("maxPollingInterval", "00:01:00"))),
            queues.get("messageEncoding", "base64") == "base64",
        )


@dataclass
class _Checks:
    settings: Mapping[str, str]
    names: set[str] = field(default_factory=set)
    routes: set[tuple[str, str]] = field(default_factory=set)


def specs_of(functions: Sequence[Any], settings: Mapping[str, str]) -> list[FunctionSpec]:
    """All functions of an app. Rejected for what the real host would not index or start."""
    checks = _Checks(settings)
    if not functions:
        raise Rejected("no functions found")
    return [_spec(function, checks) for function in functions if not _is_off(function, settings)]


def _is_off(function: Any, settings: Mapping[str, str]) -> bool:
    said = settings.get(f"AzureWebJobs.{function.get_function_name()}.Disabled", "")
    return said.lower() in ("true", "1")


def _spec(function: Any, checks: _Checks) -> FunctionSpec:
    name = function.get_function_name()
    if name.lower() in checks.names:
        raise Rejected(f"function {name} exists twice")
    checks.names.add(name.lower())
    if not _NAME.fullmatch(name):
        raise Rejected(f"{name!r} is not a valid function name")
    bindings = [json.loads(one) for one in function.get_raw_bindings()]
    trigger = next((one for one in bindings if one["type"].endswith("Trigger")), None)
    if trigger is None:
        raise Rejected(f"function {name} has no trigger")
    kind = trigger["type"].removesuffix("Trigger")
    if kind == "http":
        return _http(name, trigger, checks)
    if kind == "queue":
        connection = trigger.get("connection") or "AzureWebJobsStorage"
        if not _is_set(connection, checks.settings):
            raise Rejected(f"function {name}: the setting {connection} of its queue is missing")
        return FunctionSpec(
            name, kind, trigger["name"], queue=_resolved(name, trigger["queueName"], checks), connection=connection
        )
    if kind == "timer":
        text = _resolved(name, trigger["schedule"], checks)
        try:
            schedule = Schedule.parse(text)
        except ValueError as error:
            raise Rejected(f"function {name}: {error}") from error
        startup = trigger.get("runOnStartup") is True
        monitored = trigger.get("useMonitor") is not False and not schedule.often
        return FunctionSpec(name, kind, trigger["name"], schedule=schedule, run_on_startup=startup, monitored=monitored)
    raise Rejected(f"function {name}: this host knows no trigger {trigger['type']}")


def _http(name: str, trigger: Mapping[str, Any], checks: _Checks) -> FunctionSpec:
    methods = frozenset(str(one).upper() for one in trigger.get("methods") or ()) or frozenset(
        {"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"}
    )
    route = str(trigger.get("route") or name).strip("/")
    if route.lower().startswith(_RESERVED):
        raise Rejected(f"function {name}: the route {route} begins as the host's own do")
    # Parameters alike but for their names: the real host would start, and never call the second.
    bare = re.sub(r"{(\*{0,2})\w+(:?[^}]*)}", r"{\1\2}", route.lower())
    for method in methods:
        if (method, bare) in checks.routes:
            raise Rejected(f"function {name}: another function has the route {method} {route}")
        checks.routes.add((method, bare))
    level = str(trigger.get("authLevel") or "FUNCTION").upper()
    return FunctionSpec(name, "http", trigger["name"], route, methods, level)


def _resolved(name: str, text: str, checks: _Checks) -> str:
    """`%NAME%` is a setting."""

    def setting(match: re.Match[str]) -> str:
        value = checks.settings.get(match.group(1))
        if not value:
            raise Rejected(f"function {name}: the setting {match.group(1)} is missing")
        return value

    return re.sub(r"%([^%]+)%", setting, text)


def _is_set(connection: str, settings: Mapping[str, str]) -> bool:
    return any(name == connection or name.startswith(f"{connection}__") for name, value in settings.items() if value)


def _seconds(text: str) -> float:
    hours, minutes, seconds = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
