"""A file column: written whole or in blocks, read as bytes, emptied.

https://learn.microsoft.com/power-apps/developer/data-platform/file-column-data
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence

from sandbox.dataverse.caller import Caller
from sandbox.dataverse.odata.addresses import Segment
from sandbox.dataverse.odata.refusals import no_method
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.rights import Rights
from sandbox.dataverse.schema import Attribute, TableSchema
from sandbox.dataverse.switches import Switches
from sandbox.dataverse.world import World
from sandbox.wire import Request, Response

BLOCK = 4 * 1024 * 1024
_MOST = 128 * 1024 * 1024  # bytes of one request
_SPAN = re.compile(r"bytes (\d+)-(\d+)/(\d+)", re.ASCII)


class Files:
    def __init__(self, world: World, switches: Switches, rights: Rights) -> None:
        self._world, self._switches, self._rights = world, switches, rights

    def answer(
        self, request: Request, caller: Caller, table: TableSchema, record_id: str, rest: Sequence[Segment], url: str
    ) -> Response | None:
        """None where no file column is asked for."""
        attribute = table.attributes.get(rest[0].name)
        if attribute is None or attribute.kind != "File":
            return None
        place = (table.name, record_id, attribute.name)
        row = self._world.row(table.name, record_id)
        if request.method == "GET" and [one.name for one in rest[1:]] == ["$value"]:
            self._rights.read(caller, table, record_id)
            if place not in self._world.files:
                raise Problem(404, "0x80048d20", "No file was found in the column.")
            return Response(200, self._world.files[place], {"Content-Type": "application/octet-stream"})
        if rest[1:] or request.method not in ("PATCH", "DELETE"):
            if request.method == "GET":
                return None
            raise no_method(request)
        self._rights.change(caller, table, row, {})
        if request.method == "DELETE":
            self._store(place, attribute, None, caller)
            return Response(204)
        return self._write(request, caller, place, attribute, url)

    def _write(
        self, request: Request, caller: Caller, place: tuple[str, str, str], attribute: Attribute, url: str
    ) -> Response:
        if request.headers.get("x-ms-transfer-mode") == "chunked":
            if not self._switches.files_in_blocks:
                raise Problem(400, "0x80048d19", "The transfer mode is not supported.")
            self._named(request)
            token = uuid.uuid4().hex
            self._world.uploads[token] = bytearray()
            where = f"{url}?sessiontoken={token}"
            return Response(200, b"", {"Location": where, "x-ms-chunk-size": str(BLOCK), "Accept-Ranges": "bytes"})
        token_given = request.param("sessiontoken")
        if token_given is not None:
            return self._block(request, caller, place, attribute, token_given)
        self._named(request)
        if request.headers.get("content-type") != "application/octet-stream" or len(request.body) > _MOST:
            raise Problem(400, "0x80048d19", "A file is sent as application/octet-stream of at most 128 MB.")
        self._store(place, attribute, request.body, caller)
        return Response(204)

    def _block(
        self, request: Request, caller: Caller, place: tuple[str, str, str], attribute: Attribute, token: str
    ) -> Response:
        span = _SPAN.fullmatch(request.headers.get("content-range", ""))
        held = self._world.uploads.get(token)
        if held is None or span is None:
            raise Problem(400, "0x80048d19", "The upload or its Content-Range is not known.")
        start, end, whole = map(int, span.groups())
        if start != len(held) or end - start + 1 != len(request.body) or len(request.body) > BLOCK or end >= whole:
            raise Problem(416, "0x80048d19", "The block does not follow the one before.")
        held += request.body
        if len(held) < whole:
            return Response(206)
        self._store(place, attribute, bytes(self._world.uploads.pop(token)), caller)
        return Response(204)

    def _store(self, place: tuple[str, str, str], attribute: Attribute, content: bytes | None, caller: Caller) -> None:
        table, record_id, name = place
        if content is None:
            self._world.files.pop(place, None)
        elif len(content) > int(attribute.more.get("MaxSizeInKB", 32_768)) * 1024:
            raise Problem(400, "0x80044a02", "The file is larger than its column takes.")
        else:
            self._world.files[place] = content
        self._world.row(table, record_id).values[name] = None if content is None else str(uuid.uuid4())
        self._world.write(table, record_id, {}, caller.user_id)

    @staticmethod
    def _named(request: Request) -> None:
        if not request.headers.get("x-ms-file-name"):
            raise Problem(400, "0x80048d19", "The header x-ms-file-name is missing.")
