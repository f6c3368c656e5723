"""Whom a contract may invite."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who may be invited to a contract of a record."""

    name: str
    email: str
    phone: str
    company: str
    record: str  # "contact:<id>" or "account:<id>"
    primary: bool = False  # the one that the record names itself, else its account's primary contact
