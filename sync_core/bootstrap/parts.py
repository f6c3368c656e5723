"""What the parts are built with: a property that is built when it is first asked for, and a pool of threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, Generic, ParamSpec, TypeVar

Built = TypeVar("Built")
Taken = ParamSpec("Taken")


class part(Generic[Built]):  # noqa: N801 used as a decorator
    """A property that is built once per instance, by one thread while others wait."""

    def __init__(self, build: Callable[[Any], Built]) -> None:
        self._build, self._name = build, build.__name__

    def __get__(self, services: Any, owner: Any = None) -> Built:
        with services.building:
            if self._name not in services.__dict__:
                services.__dict__[self._name] = self._build(services)
            built: Built = services.__dict__[self._name]
            return built


class CarryingPool(ThreadPoolExecutor):
    """Threads that work in the context of who gave them the work: the correlation id goes along."""

    def submit(self, fn: Callable[Taken, Built], /, *args: Taken.args, **kwargs: Taken.kwargs) -> Future[Built]:
        context = copy_context()
        return super().submit(lambda: context.run(fn, *args, **kwargs))
