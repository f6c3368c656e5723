"""The PDF of a signed contract. https://developer.oneflow.com/docs/contract-file

How its list names it, and whether a download is redirected to storage, is not known for sure: both are understood.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync_core.adapters.oneflow.api import OneflowApi, listed
from sync_core.engine.model.actor import MACHINE
from sync_core.errors import Gone, Temporary

_CONTRACT = 1  # the id of the contract's own PDF; others are of attachments
_PDF, _HEAD = b"%PDF-", 1024  # what a PDF begins with, within so many bytes


def signed_document(api: OneflowApi, contract_id: int, most: int) -> bytes | None:
    """None while there is none. Refused where it has more bytes than `most`."""
    at = {"id": contract_id}
    rows = [row for row in listed(api.call("GET", "contracts/{id}/files", MACHINE, at=at).data) if _is_row(row)]
    own = [row for row in rows if str(row["id"]) == str(_CONTRACT)] or [row for row in rows if _is_contract(row)]
    if not own:
        return None
    try:
        content = api.file("contracts/{id}/files/{file}", {**at, "file": own[0]["id"]}, most)
    except Gone:
        return None  # it is listed before it is made
    if _PDF not in content[:_HEAD]:
        raise Temporary("oneflow answered with something that is no PDF", side="oneflow")
    return content


def _is_row(row: Any) -> bool:
    return isinstance(row, Mapping) and isinstance(row.get("id"), (int, str))


def _is_contract(row: Mapping[str, Any]) -> bool:
    is_pdf = str(row.get("extension")).lower() in ("pdf", ".pdf")
    return is_pdf and str(row.get("type")).casefold().startswith("contract")
