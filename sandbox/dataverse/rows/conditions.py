"""If-Match and If-None-Match (fact sheet 1.3, 1.5)."""

from __future__ import annotations

import re

from sandbox.dataverse.odata.refusals import bad
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.row import Row
from sandbox.dataverse.rows.views import Asked, etag
from sandbox.dataverse.schema import TableSchema
from sandbox.dataverse.switches import Switches
from sandbox.wire import Request

_VERSION = re.compile(r'W/"\d+"')


def must_match(request: Request, table: TableSchema, row: Row | None, switches: Switches) -> None:
    """412 where a write is for another version, or for a row that is not there yet; refused where a table has none."""
    wanted, unwanted = request.headers.get("if-match"), request.headers.get("if-none-match", "null")
    if unwanted not in ("null", "*"):
        raise bad("If-None-Match of a write is * or absent.")
    if row is None:
        return
    if wanted not in (None, "*") and not table.versioned:
        raise _unversioned(table, switches)
    if unwanted == "*":
        raise Problem(412, "0x80040237", "A record with matching key values already exists.")
    if wanted is not None and wanted != "*" and not _VERSION.fullmatch(wanted):
        raise bad(f"If-Match {wanted} is neither * nor a row's version.")
    if wanted not in (None, "*", etag(row)):
        code = "" if switches.version_code_is_empty else "0x80060882"
        text = "The version of the existing record doesn't match the RowVersion property provided."
        raise Problem(412, code, text)


def _unversioned(table: TableSchema, switches: Switches) -> Problem:
    text = (
        f"Optimistic concurrency isn't enabled for entity type {table.name}. The IfVersionMatches value of "
        "ConcurrencyBehavior can only be used if optimistic concurrency is enabled."
    )
    return Problem(switches.unversioned_status, switches.unversioned_code, text)


def not_modified(request: Request, row: Row, asked: Asked) -> bool:
    """Only without $expand and annotations: with either the row comes, whatever its version."""
    same = request.headers.get("if-none-match") == etag(row)
    return same and asked.options.expand is None and not asked.preferences.annotations
