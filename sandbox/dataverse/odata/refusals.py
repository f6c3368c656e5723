"""How a request is refused that cannot be read, or that asks for what is not here: always by name, never by silence."""

from __future__ import annotations

from sandbox.dataverse.problems import Problem
from sandbox.wire import Request

SYNTAX = "0x80060888"


def bad(text: str, code: str = SYNTAX) -> Problem:
    """400: Dataverse does not take it either."""
    return Problem(400, code, text)


def absent(what: str) -> Problem:
    """501: Dataverse has it, this simulator does not."""
    return Problem(501, "0x80040800", f"{what} is not implemented in this simulator.")


def unknown_property(name: str, kind: str) -> Problem:
    return Problem(400, "0x0", f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{kind}'.")


def no_method(request: Request) -> Problem:
    return Problem(405, "", f"The requested resource does not support the method {request.method}.")
