"""A table whose transactions start no threads.

The package prepares each transaction, and reads its answer, in three thread pools made for it, and through the e-mail
parser: two thirds of what a push took. Here its requests, signing and connection serve as they are; only the multipart
text around them is written and read here.
https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest
from azure.data.tables import TableClient

_BOUNDARY = re.compile(rb"^--\S+", re.MULTILINE)  # no row has such a line: JSON writes line ends as \\n
_STATUS = re.compile(rb"^HTTP/1\.1 (\d{3})", re.MULTILINE)
_ETAG = re.compile(rb"^ETag: *(\S+)", re.MULTILINE | re.IGNORECASE)
_CODE = re.compile(rb'"code": *"(\w+)"')


class TransactionRefused(HttpResponseError):
    """A transaction of which nothing was done; `status_code` of 0: it cannot be told."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"the transaction was answered {status} ({code})")
        self.status_code, self.error_code = status, code


class Table(TableClient):
    """The package's client but for the text of a transaction."""

    def _batch_send(self, table_name: str, *reqs: HttpRequest, **kwargs: Any) -> list[Mapping[str, Any]]:
        """Called by `submit_transaction` with one request for each operation; each part's ETag. Should the package
        ever call it otherwise, a test says so and its own, slower one serves."""
        batch, changeset = f"batch_{uuid.uuid4()}", f"changeset_{uuid.uuid4()}"
        request = HttpRequest(
            "POST",
            f"{self.url}/$batch",
            headers={
                "Accept": "application/json",
                "Content-Type": f"multipart/mixed; boundary={batch}",
                "DataServiceVersion": "3.0",
                "MaxDataServiceVersion": "3.0;NetFx",
                "x-ms-version": self.api_version,
            },
            content=_body(batch, changeset, reqs),
        )
        # Not read by the package's policies, which know no multipart.
        response = self._client.send_request(request, stream=True, **kwargs)
        content = response.read()
        if response.status_code != 202:
            raise TransactionRefused(response.status_code, response.headers.get("x-ms-error-code") or _code(content))
        answers = [(int(one[1]), part) for part in _BOUNDARY.split(content) if (one := _STATUS.search(part))]
        for status, part in answers:
            if not 200 <= status < 300:
                raise TransactionRefused(status, _code(part))
        if len(answers) != len(reqs) or not content.rstrip().endswith(b"--"):
            raise TransactionRefused(0, "an answer that is not whole")
        return [{"etag": etag[1].decode()} if (etag := _ETAG.search(part)) else {} for _, part in answers]


def _body(batch: str, changeset: str, requests: tuple[HttpRequest, ...]) -> bytes:
    lines = [f"--{batch}", f"Content-Type: multipart/mixed; boundary={changeset}", ""]
    for number, one in enumerate(requests):
        lines += [
            f"--{changeset}",
            "Content-Type: application/http",
            "Content-Transfer-Encoding: binary",
            f"Content-ID: {number}",
            "",
            f"{one.method} {one.url} HTTP/1.1",
            *(f"{name}: {value}" for name, value in one.headers.items()),
            "",
            _text(one.content),
        ]
    return "\r\n".join([*lines, f"--{changeset}--", "", f"--{batch}--", ""]).encode()


def _text(content: Any) -> str:
    return content.decode() if isinstance(content, bytes) else content or ""


def _code(content: bytes) -> str:
    found = _CODE.search(content)
    return found[1].decode() if found else ""
