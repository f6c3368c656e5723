"""Looking up in Dynamics which record a name in the contract means, between the reads and the plan."""

from __future__ import annotations

import logging

from sync_core.engine.deciding.name_lookups import Lookup, lookups, with_found
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model.words import Action
from sync_core.errors import Gone, NotAllowed, Refused
from sync_core.usecases.ports import Records

log = logging.getLogger(__name__)


def looked_up(scene: Scene, action: Action, records: Records) -> Scene:
    """The scene with all that its names mean. What Dynamics does not answer stays unknown: that field is skipped."""
    found: dict[Lookup, tuple[str, ...]] = {}
    for one in lookups(scene, action):
        try:
            found[one] = tuple(records.matches(one.targets, one.text, one.key_column))
        except (Gone, NotAllowed, Refused) as error:
            log.warning("lookup.failed column=%s error=%s", one.column, type(error).__name__)
    return with_found(scene, found) if found else scene
