"""Jobs that were given up, listed for a person."""

from __future__ import annotations

from typing import Any

from sync_core.engine.model.instants import instant_text
from sync_core.errors import Gone, Invalid
from sync_core.usecases.stores import DeadLetters, Jobs


class DeadLetterBox:
    def __init__(self, dead_letters: DeadLetters, jobs: Jobs) -> None:
        self._dead_letters, self._jobs = dead_letters, jobs

    def list(self, after: str | None) -> tuple[list[dict[str, Any]], str | None]:
        letters, following = self._dead_letters.list(after)
        shown = [
            {
                "id": letter.id,
                "contract_id": letter.contract_id,
                "cause": letter.cause,
                "reason": letter.reason,
                "count": letter.count,
                "first_at": instant_text(letter.first_at),
                "last_at": instant_text(letter.last_at),
            }
            for letter in letters
        ]
        return shown, following

    def replay(self, letter_id: str) -> None:
        """Try the job again; its success closes the letter, another failure is counted. Gone, Invalid."""
        letter = self._dead_letters.get(letter_id)
        if letter is None:
            raise Gone("There is no such dead letter, or no longer.", side="storage")
        if letter.job is None:
            raise Invalid("This message was never readable, so there is nothing to replay; discard it.", status=409)
        self._jobs.put(letter.job.anew(letter.id))

    def discard(self, letter_id: str) -> bool:
        """False where there is none."""
        return self._dead_letters.discard(letter_id)
