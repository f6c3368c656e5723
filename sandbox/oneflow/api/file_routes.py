"""A contract's files: their list, and a download, which leads on to storage (docs/contract-file, swagger)."""

from __future__ import annotations

from sandbox.oneflow.account.world import World
from sandbox.oneflow.api.access import TOKEN_HEADER
from sandbox.oneflow.api.call import Call, Route
from sandbox.oneflow.api.problems import Problem, not_found
from sandbox.oneflow.switches import Switches
from sandbox.wire import Request, Response

STORAGE = "/storage/"


def list_files(call: Call) -> Response:
    contract = call.contract_to_read()
    switches = call.switches
    rows = []
    if contract.state == "signed" and switches.file_is_made:
        kind = None if switches.file_type == "unnamed" else switches.file_type
        rows.append({"id": switches.file_id, "name": contract.name, "type": kind, "extension": "pdf"})
    rows.append({"id": 17, "name": "Price list", "type": "attachment", "extension": "pdf"})
    if switches.file_list == "list":
        return Response.of_json(200, rows)
    return Response.of_json(200, {"count": len(rows), "data": rows})


def get_file(call: Call) -> Response:
    contract, number = call.contract_to_read(), call.id_of("file_id")
    if number != call.switches.file_id or contract.state != "signed" or not call.switches.file_is_made:
        raise not_found("File", number)
    if call.request.param("download") != "true":
        return Response.of_json(200, {"id": number, "name": contract.name, "extension": "pdf"})
    if call.switches.file_download == "bytes":
        return _pdf(contract.id, call.switches)
    host = call.request.headers.get("host", "storage.example")
    where = f"{call.request.scheme}://{host}{STORAGE}contract-{contract.id}.pdf?signature=good"
    return Response(302, b"", {"Location": where})


def stored(request: Request, world: World) -> Response:
    """Storage takes the signature of the address alone, as S3 does: no other key beside it."""
    name = request.path.removeprefix(f"{STORAGE}contract-").removesuffix(".pdf")
    if TOKEN_HEADER in request.headers or "authorization" in request.headers:
        raise Problem(400, "Only one auth mechanism allowed.")
    if request.param("signature") != "good" or not name.isdigit() or int(name) not in world.state.contracts:
        raise Problem(403, "Access denied.")
    return _pdf(int(name), world.switches)


def _pdf(contract_id: int, switches: Switches) -> Response:
    return Response(200, pdf(contract_id, switches.file_bytes), {"Content-Type": "application/pdf"})


def pdf(contract_id: int, size: int) -> bytes:
    head = f"%PDF-1.7\n% the signed contract {contract_id}\n".encode()
    return head + b"0123456789abcdef"[: max(0, size - len(head))] * (max(0, size - len(head)) // 16)


_FILES = r"/contracts/(?P<contract_id>[^/]+)/files"
ROUTES = (Route("GET", _FILES, list_files), Route("GET", _FILES + r"/(?P<file_id>[^/]+)", get_file))
