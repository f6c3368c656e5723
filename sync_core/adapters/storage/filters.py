"""Which rows a query asks for: of one partition or of all that begin alike, with keys between two others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Filter:
    """`text` and `values` are what the tables' package calls a filter and its parameters."""

    text: str
    values: dict[str, Any]

    def between(self, start: str, end: str) -> Filter:
        """Neither end is among them."""
        return self.also("RowKey gt @start and RowKey lt @end", start=start, end=end)

    def beginning(self, prefix: str) -> Filter:
        return self.between(prefix, prefix + "~")

    def also(self, text: str, **values: Any) -> Filter:
        return Filter(f"{self.text} and {text}", self.values | values)


def in_partition(partition: str) -> Filter:
    return Filter("PartitionKey eq @partition", {"partition": partition})


def in_partitions(prefix: str) -> Filter:
    """Those whose names go on after this."""
    return Filter("PartitionKey gt @first and PartitionKey lt @last", {"first": prefix, "last": prefix + "~"})
