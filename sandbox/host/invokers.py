"""Calling a function: directly, or through Azure's own worker library (Python 3.13 and newer).

Both get and give the worker's own intermediate form (`Datum`), made and read by azure-functions' own converters.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import inspect
import json
import sys
import threading
import traceback
import uuid
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

from sandbox.host.model import Rejected

_RETURN = "$return"


class Failed(Exception):
    """The function raised, or gave back what the host cannot take."""


class Invoker(Protocol):
    """`functions` are the app's, for the host to read."""

    functions: Sequence[Any]

    def call(self, name: str, argument: str, datum: Any, metadata: Mapping[str, Any]) -> Any:
        """The returned Datum, None for nothing. Failed."""

    def datum(self, value: Any, kind: str) -> Any: ...


class DirectInvoker:
    """Calls the plain function in a thread of the host's pool."""

    def __init__(self, module: str, threads: int) -> None:
        import azure.functions as func
        from azure.functions import meta

        self._registry: Any = func.get_binding_registry()
        self._meta = meta
        app = importlib.import_module(module).app
        # The library lets an app be asked for its functions once only; several hosts in one process share them.
        known = getattr(app, "_listed_functions", None)
        self.functions = known if known is not None else app.get_functions()
        app._listed_functions = self.functions
        self._by_name = {one.get_function_name(): one for one in self.functions}
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="function")
        self._loop = _Loop()

    def call(self, name: str, argument: str, datum: Any, metadata: Mapping[str, Any]) -> Any:
        function = self._by_name[name]
        trigger = next(one for one in map(json.loads, function.get_raw_bindings()) if one["type"].endswith("Trigger"))
        has_return = any(json.loads(one)["name"] == _RETURN for one in function.get_raw_bindings())
        user = function.get_user_function()
        try:
            value = self._registry.get(trigger["type"]).decode(datum, trigger_metadata=metadata)
            if inspect.iscoroutinefunction(user):
                result = self._loop.run(user(**{argument: value}))
            else:
                result = self._pool.submit(user, **{argument: value}).result()
            if not has_return:
                if result is not None:
                    raise RuntimeError("a function without a $return binding returned a value")
                return None
            if result is None or (not isinstance(result, str) and not hasattr(result, "get_body")):
                raise TypeError("unable to encode outgoing TypedData")
            return self._registry.get("http").encode(result, expected_type=None)
        except Exception as error:  # noqa: BLE001 whatever the function raised is its failure
            raise Failed(f"{type(error).__name__}\n{_trace(error)}") from None

    def datum(self, value: Any, kind: str) -> Any:
        return self._meta.Datum(value, kind)


class WorkerInvoker:
    """Through azure-functions-runtime, as in Azure."""

    def __init__(self, module: str) -> None:
        from azure_functions_runtime import handle_event, loader, native_invocation
        from azure_functions_runtime.bindings import meta
        from azure_functions_runtime.bindings.datumdef import Datum
        from azure_functions_runtime.utils import threadpool

        meta.load_binding_registry()
        threadpool.start_threadpool_executor()
        found = importlib.util.find_spec(module)
        if found is None or not found.origin:
            raise ModuleNotFoundError(module)
        path = Path(found.origin)
        self.functions = _indexed(loader, path)
        loader.process_indexed_function(_Protos(), handle_event._functions, self.functions, str(path.parent))
        self._run, self._run_async = native_invocation.run_invocation_sync, native_invocation.invocation_request_native
        self._datum, self._loop = Datum, _Loop()

    def call(self, name: str, argument: str, datum: Any, metadata: Mapping[str, Any]) -> Any:
        function_id = str(uuid.uuid5(namespace=uuid.NAMESPACE_OID, name=name))
        call = (str(uuid.uuid4()), function_id, [(argument, datum)], dict(metadata))
        handled, ok, returned, _, error, trace = self._run(*call)
        if not handled:  # an async function
            ok, returned, _, error, trace = self._loop.run(self._run_async(*call))
        if not ok:
            raise Failed(f"{error}\n{trace}")
        return returned

    def datum(self, value: Any, kind: str) -> Any:
        return self._datum(value, kind)


class _Loop:
    """One event loop for all async functions, as the worker has it: one that blocks holds up the others."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="event loop", daemon=True).start()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


_INDEXED: dict[Path, Any] = {}


def _indexed(loader: Any, path: Path) -> Any:
    """Once per process: asked a second time, the library finds its own names taken."""
    if path not in _INDEXED:
        sys.path.insert(0, str(path.parent))
        _INDEXED[path] = loader.index_function_app(str(path))
    return _INDEXED[path]


class _Protos:
    """The worker only fills its messages, and here nobody sends them: plain objects serve."""

    class BindingInfo(SimpleNamespace):
        out, inout = 1, 2

    def __getattr__(self, name: str) -> Any:
        return lambda **parts: SimpleNamespace(**parts)


def make_invoker(kind: str, module: str, threads: int) -> Invoker:
    """`kind` is "direct", with `threads`, or "worker", which has its own.

    Rejected: an app that cannot be loaded, and with it none of its functions.
    """
    try:
        return WorkerInvoker(module) if kind == "worker" else DirectInvoker(module, threads)
    except Exception as error:
        text = f"the app {module} cannot be loaded: {type(error).__name__}: {error}\n{_trace(error)}"
        raise Rejected(text) from error


def _trace(error: BaseException) -> str:
    """Places only: an error's text may quote a value."""
    frames = traceback.extract_tb(error.__traceback__)
    return "\n".join(f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames[-8:])


def best_invoker() -> str:
    """What SANDBOX_HOST says; else the worker library where this Python has it, else direct."""
    import os

    said = os.environ.get("SANDBOX_HOST")
    if said:
        return said
    return "worker" if importlib.util.find_spec("azure_functions_runtime") else "direct"
