"""Behaviours of Dataverse that are not sure (fact sheet 9 and 10), each with the likelier answer as default."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass
class Switches:
    version_code_is_empty: bool = False  # 412 of a moved version with code "" instead of 0x80060882
    returns_representation: bool = True  # False: Prefer return=representation is ignored, 204
    masks_secured: bool = False  # secured columns read as a mask instead of null
    refuses_unreadable_expand: bool = False  # 403 for the whole read instead of null where the related row is closed
    echo_events: bool = True  # events for writes that came through the API
    operation_created_offset: bool = False  # OperationCreatedOn carries an offset
    strip_above: int = 256 * 1024  # bytes of an event's body
    event_copies: int = 1
    page_size: int = 5000
    filters_without_accents: bool = False  # the organisation's collation: Akeri equals Åkeri in $filter
    shows_unreadable_names: bool = False  # the name behind a lookup also to whom may not read that table
    unversioned_status: int = 400  # of a version in If-Match where a table has no optimistic concurrency
    unversioned_code: str = "0x8006088d"  # the documentation's; one public client lists 0x80060893
    files_in_blocks: bool = True  # False: a file column is written in one request alone
    new_webresources_are_published: bool = False  # True: a web resource is listed at once, without PublishXml

    blocks_unmanaged: bool = False  # the environment's "Block unmanaged customizations"
    blocks_endpoint: bool = False  # with it: also an endpoint's address and key, which is not known
    imports_commands: bool = True  # False: the folder of commands in a solution's file is passed over
    imported_steps_are_disabled: bool = True  # unless PublishWorkflows says otherwise

    def update(self, values: dict[str, Any]) -> None:
        known = {one.name for one in fields(self)}
        for name in values:
            if name not in known:
                raise ValueError(f"unknown switch {name}; known: {', '.join(sorted(known))}")
        for name, value in values.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
