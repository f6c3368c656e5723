"""Jobs that were given up, listed for a person."""

from __future__ import annotations

from typing import Any

from sync_core.usecases.ports import DeadLetters


class DeadLetterBox:
    def __init__(self, dead_letters: DeadLetters) -> None:
        self._dead_letters = dead_letters

    def list(self, after: str | None) -> tuple[list[dict[str, Any]], str | None]:
        letters, following = self._dead_letters.list(after)
        shown = [
            {
                "id": letter.id,
                "contract_id": letter.contract_id,
                "cause": letter.cause,
                "reason": letter.reason,
                "count": letter.count,
                "first_at": letter.first_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "last_at": letter.last_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            for letter in letters
        ]
        return shown, following

    def discard(self, letter_id: str) -> bool:
        """False where there is none."""
        return self._dead_letters.discard(letter_id)
