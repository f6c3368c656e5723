"""$batch: several requests in one, some of them together or not at all (fact sheet 1.7).

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/execute-batch-operations-using-web-api
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus

from sandbox.dataverse.odata.refusals import absent, bad
from sandbox.dataverse.problems import Problem
from sandbox.wire import Request, Response

MOST = 1000
_UNREADABLE = "0x80048d19"
_BOUNDARY = re.compile(r'multipart/mixed\s*;\s*boundary="?([^";\s]+)"?', re.IGNORECASE)
_LINE = re.compile(r"([A-Z]+) (.+) HTTP/1\.1")
_REFERENCE = re.compile(r'("[^"]*@odata\.(?:bind|id)"\s*:\s*")/?\$([\w-]+)')
_INHERITED = ("authorization", "host", "callerobjectid", "mscrmcallerid", "odata-version", "odata-maxversion")
Ask = Callable[[Request], Response]


@dataclass(frozen=True)
class Part:
    headers: Mapping[str, str]
    content: bytes


class _Failed(Exception):
    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


class Batch:
    """`ask` answers one request, a Problem included; `together` undoes all that was written in it where it raises."""

    def __init__(self, ask: Ask, together: Callable[[], AbstractContextManager[None]]) -> None:
        self._ask, self._together = ask, together

    def answer(self, request: Request, goes_on: bool) -> Response:
        parts = _parts(request.headers.get("content-type", ""), request.body)
        count = sum(len(_parts(_kind(part), part.content)) if _is_set(part) else 1 for part in parts)
        if count > MOST:
            raise bad(f"The batch has {count} requests; at most {MOST} are allowed.", "0x80040216")
        answers, status = [], 200
        for part in parts:
            found, worst = self._set(request, part) if _is_set(part) else self._one(request, part)
            answers.append(found)
            if worst >= 400 and not goes_on:
                status = 400  # whatever the part's own status is
                break
        boundary = f"batchresponse_{uuid.uuid4()}"
        return Response(status, _joined(answers, boundary), {"Content-Type": f'multipart/mixed; boundary="{boundary}"'})

    def _one(self, outer: Request, part: Part) -> tuple[bytes, int]:
        response = self._ask(_inner(outer, part, {}))
        return _written(response, part), response.status

    def _set(self, outer: Request, part: Part) -> tuple[bytes, int]:
        """A change set answers with all its answers, or with the one that failed it."""
        made: dict[str, str] = {}
        answers = []
        try:
            with self._together():
                for each in _parts(_kind(part), part.content):
                    inner = _inner(outer, each, made)
                    if inner.method == "GET":
                        raise bad("A change set must not have a GET.", _UNREADABLE)
                    response = self._ask(inner)
                    if response.status >= 400:
                        raise _Failed(response)
                    if "content-id" in each.headers:
                        where = response.headers.get("OData-EntityId") or _address(inner)
                        made[each.headers["content-id"]] = where
                    answers.append(_written(response, each))
        except _Failed as failed:
            return _written(failed.response, Part({}, b"")), failed.response.status
        boundary = f"changesetresponse_{uuid.uuid4()}"
        head = f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n'
        return head.encode() + _joined(answers, boundary), 200


def _parts(kind: str, body: bytes) -> list[Part]:
    match = _BOUNDARY.match(kind.strip())
    if match is None:
        raise bad("A batch needs the content type multipart/mixed with a boundary.", _UNREADABLE)
    if re.search(rb"(?<!\r)\n", body):
        raise Problem(400, _UNREADABLE, "Stream was not readable.")  # every line ends with CR and LF
    mark = f"--{match.group(1)}".encode()
    pieces = (b"\r\n" + body).split(b"\r\n" + mark)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise Problem(400, _UNREADABLE, "Stream was not readable.")
    return [_part(piece.removeprefix(b"\r\n")) for piece in pieces[1:-1]]


def _part(piece: bytes) -> Part:
    head, _, content = piece.partition(b"\r\n\r\n")
    part = Part(_headers(head.decode(errors="replace").split("\r\n")), content)
    if not _is_set(part):
        if _kind(part) != "application/http":
            raise bad("A part of a batch has the content type application/http or multipart/mixed.", _UNREADABLE)
        if part.headers.get("content-transfer-encoding") != "binary":
            raise bad("A part of a batch has the Content-Transfer-Encoding binary.", _UNREADABLE)
    return part


def _inner(outer: Request, part: Part, made: Mapping[str, str]) -> Request:
    head, _, body = part.content.partition(b"\r\n\r\n")
    first, *lines = head.decode(errors="replace").split("\r\n")
    match = _LINE.fullmatch(first)
    if match is None:
        raise bad(f"A part of a batch begins with its request, not with '{first}'.", _UNREADABLE)
    method, url = match.groups()
    if url.startswith("$") and url != "$batch":
        reference, slash, rest = url[1:].partition("/")
        if reference not in made:
            raise bad(f"The reference ${reference} names no earlier request of the change set.", _UNREADABLE)
        url = made[reference] + slash + rest
    text = _REFERENCE.sub(
        lambda one: one.group(1) + made.get(one.group(2), f"${one.group(2)}"), body.decode(errors="surrogateescape")
    )
    own = _headers([line for line in lines if line])
    inherited = {name: outer.headers[name] for name in _INHERITED if name in outer.headers}
    request = Request.of(method, _whole(url), {**inherited, **own}, text.strip("\r\n").encode(errors="surrogateescape"))
    if request.path.endswith("/$batch"):
        raise absent("A batch inside of a batch")
    return request


def _whole(url: str) -> str:
    return url if url.startswith(("http://", "https://", "/")) else f"/api/data/v9.2/{url}"


def _address(request: Request) -> str:
    return request.raw_path


def _headers(lines: list[str]) -> dict[str, str]:
    found = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise bad(f"'{line}' is no header of a part of a batch.", _UNREADABLE)
        found[name.strip().lower()] = value.strip()
    return found


def _kind(part: Part) -> str:
    return part.headers.get("content-type", "")


def _is_set(part: Part) -> bool:
    return _kind(part).lower().startswith("multipart/mixed")


def _written(response: Response, part: Part) -> bytes:
    lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    if "content-id" in part.headers:
        lines.append(f"Content-ID: {part.headers['content-id']}")
    lines += ["", f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in {**response.headers, "OData-Version": "4.0"}.items()]
    return "\r\n".join([*lines, "", ""]).encode() + response.body


def _joined(answers: list[bytes], boundary: str) -> bytes:
    mark = f"--{boundary}".encode()
    return b"".join(mark + b"\r\n" + one + b"\r\n" for one in answers) + mark + b"--\r\n"
