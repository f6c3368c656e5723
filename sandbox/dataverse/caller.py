"""As whom a request runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Caller:
    """`user_id`: as whom the request runs. `sender`: who sent it in that one's name."""

    user_id: str
    sender: str | None = None

    @property
    def users(self) -> tuple[str, ...]:
        """Whose privileges it takes: all of them."""
        return (self.user_id,) if self.sender is None else (self.user_id, self.sender)
