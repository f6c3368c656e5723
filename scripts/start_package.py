"""Starts the function app in the folder that is given, as Azure's Python worker does, and calls what needs no settings.

Runs alone, with the package's own requirements: it imports nothing of the project but through the worker library.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import platform
import sys
import uuid
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from azure_functions_runtime import handle_event, loader, native_invocation
from azure_functions_runtime.bindings import meta
from azure_functions_runtime.bindings.datumdef import Datum
from azure_functions_runtime.utils import threadpool

_OPEN = {"openapi": (200, "openapi"), "ui": (200, "<html"), "health": (503, "ONEFLOW_API_TOKEN is missing.")}


class _Protos:
    class BindingInfo(SimpleNamespace):
        out, inout = 1, 2

    def __getattr__(self, name: str) -> Any:
        return lambda **parts: SimpleNamespace(**parts)


def main(folder: Path) -> int:
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    meta.load_binding_registry()
    threadpool.start_threadpool_executor()
    functions = loader.index_function_app(str(folder / "function_app.py"))
    loader.process_indexed_function(_Protos(), handle_event._functions, functions, str(folder))
    people = 0
    for one in functions:
        name = one.get_function_name()
        trigger = next(each for each in map(json.loads, one.get_raw_bindings()) if each["type"].endswith("Trigger"))
        if trigger["type"] != "httpTrigger":
            continue
        status, body = _call(name, trigger["methods"][0], trigger["name"])
        wanted, text = _OPEN.get(name, (401 if trigger["authLevel"].upper() == "ANONYMOUS" else 503, ""))
        people += status == 401
        if status != wanted or text not in body:
            print(f"{name} answered {status}, not {wanted}: {body[:300]}", file=sys.stderr)
            return 1
    import sync_core

    for found in pkgutil.walk_packages(sync_core.__path__, "sync_core."):
        importlib.import_module(found.name)  # what is imported only when it is needed is there too
    on = f"Python {platform.python_version()}, azure-functions {version('azure-functions')}"
    print(f"{on}: {len(functions)} functions start; {people} refuse who is not signed in, each open one answers.")
    return 0


def _call(name: str, verb: str, argument: str) -> tuple[int, str]:
    none: dict[str, Any] = {}
    request = {
        "method": Datum(verb, "string"), "url": Datum(f"http://localhost/api/{name}", "string"), "headers": none,
        "body": Datum(b"", "bytes"), "params": none, "query": none,
    }  # fmt: skip
    function_id = str(uuid.uuid5(namespace=uuid.NAMESPACE_OID, name=name))
    call: tuple[Any, ...] = (str(uuid.uuid4()), function_id, [(argument, Datum(request, "http"))], {})
    _, ok, returned, _, error, trace = native_invocation.run_invocation_sync(*call)
    if not ok:
        return 0, f"{error}\n{trace}"
    status, body = returned.value["status_code"], returned.value["body"].value
    return int(getattr(status, "value", status)), body.decode() if isinstance(body, bytes) else str(body)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
