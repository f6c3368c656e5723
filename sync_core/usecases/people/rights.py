"""What a person may see and change is what Dynamics lets them see and change: asked of the linked record."""

from __future__ import annotations

from sync_core.engine.model.actor import Actor
from sync_core.errors import Gone, NotAllowed
from sync_core.usecases.ports import Records


class Rights:
    """Asks Dataverse as the caller."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def must_read(self, entity: str, record_id: str, actor: Actor) -> None:
        """Gone where the record is not there for this person."""
        try:
            self._records.read(entity, record_id, (), actor)
        except (Gone, NotAllowed) as error:
            raise self._hidden(entity, record_id, actor) from error

    def must_write(self, entity: str, record_id: str, actor: Actor) -> None:
        """NotAllowed where they may read but not change it."""
        try:
            allowed = self._records.may_write(entity, record_id, actor)
        except (Gone, NotAllowed) as error:
            raise self._hidden(entity, record_id, actor) from error
        if not allowed:
            raise NotAllowed("You may read this record but not change it.", side="dynamics")

    def may_read(self, entity: str, record_id: str, actor: Actor) -> bool:
        try:
            self._records.read(entity, record_id, (), actor)
        except (Gone, NotAllowed):
            return False
        return True

    def is_deleted(self, entity: str, record_id: str) -> bool:
        """Whether the record is proved to be gone, for everybody."""
        return self._records.is_deleted(entity, record_id)

    def _hidden(self, entity: str, record_id: str, actor: Actor) -> Gone:
        """Whether there is such a record is not for them to know; which right to all of them they lack is."""
        text = f"There is no {entity} record {record_id} that you may see."
        return Gone(text, side="dynamics", missing=self._records.lacks_to_read(entity, actor))
