"""The webhook that Dynamics calls, and on which changes.

A step on one of our own messages is not here: the message's id is made by the import, so only `connect` can
register it.
"""

from __future__ import annotations

from dataclasses import dataclass

from dynamics.description.ids import id_of

ENDPOINT = "Oneflow sync"
ENDPOINT_ID = id_of("service endpoint", ENDPOINT)
# A solution carries no address of a customer's and no key: `connect` sets both.
NO_URL = "https://not-connected.invalid/api/dynamics/events"
WEBHOOK, WEBHOOK_KEY, JSON = 8, 4, 2
ASYNCHRONOUS, AFTERWARDS = 1, 40
# The platform's own, alike in every organisation.
MESSAGE_IDS = {
    "Update": "20bebb1b-ea3e-db11-86a7-000a3a5473e8",
    "Delete": "a1bdbb1b-ea3e-db11-86a7-000a3a5473e8",
}


@dataclass(frozen=True, slots=True)
class Step:
    """Of any column: what is not mapped the app drops. `connect` narrows it to the mapped ones where it may."""

    message: str
    entity: str

    @property
    def name(self) -> str:
        return step_name(self.message, self.entity)

    @property
    def id(self) -> str:
        return id_of("step", self.name)


def step_name(message: str, entity: str = "") -> str:
    return f"Oneflow sync: {message} of {entity}" if entity else f"Oneflow sync: {message}"


ENTITIES = ("opportunity", "quote")
STEPS = tuple(Step(message, entity) for entity in ENTITIES for message in MESSAGE_IDS)
