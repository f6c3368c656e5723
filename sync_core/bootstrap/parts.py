"""A property that is built when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

Built = TypeVar("Built")


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
