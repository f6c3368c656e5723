"""A webhook about a contract without a link may be of the draft that a probe has made and waits for news of."""

from __future__ import annotations

import json
import logging

from sync_core.engine.model.probed import DRAFT, HEARD
from sync_core.errors import SyncError
from sync_core.usecases.stores import Marks

log = logging.getLogger(__name__)


class ProbeDraft:
    def __init__(self, marks: Marks) -> None:
        self._marks = marks

    def changed(self, contract_id: int) -> None:
        try:
            text = self._marks.all().get(DRAFT)
            if text and json.loads(text).get("id") == contract_id:
                self._marks.set(HEARD, str(contract_id))
        except SyncError as error:
            log.warning("probe.not_told contract_id=%s error=%s", contract_id, type(error).__name__)
