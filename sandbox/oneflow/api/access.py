"""Who may call: the token, the acting user's e-mail, and the rate limit (docs/authentication-and-authorization)."""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta

from sandbox.oneflow.account.model import Contract, User
from sandbox.oneflow.account.world import World
from sandbox.oneflow.api.problems import Problem

TOKEN_HEADER = "x-oneflow-api-token"
EMAIL_HEADER = "x-oneflow-user-email"
_TOKEN_FORM = re.compile(r"[a-zA-Z0-9-]{40}")


class RateLimiter:
    """A sliding window over all requests of the one token. A refused request does not count."""

    def __init__(self) -> None:
        self._times: deque[datetime] = deque()

    def admits(self, now: datetime, limit: int, window: float) -> bool:
        horizon = now - timedelta(seconds=window)
        while self._times and self._times[0] <= horizon:
            self._times.popleft()
        if len(self._times) >= limit:
            return False
        self._times.append(now)
        return True

    def told(self, now: datetime, limit: int, window: float) -> dict[str, str]:
        """Headers that tell the limit, and, where it is reached, in how many seconds there is a place again."""
        left = limit - len(self._times)
        told = {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(max(0, left))}
        if left > 0 or not self._times:
            return told
        wait = (self._times[0] + timedelta(seconds=window) - now).total_seconds()
        return told | {"Retry-After": str(max(1, math.ceil(wait)))}

    def reset(self) -> None:
        self._times.clear()


def check_token(headers: Mapping[str, str], token: str) -> None:
    given = headers.get(TOKEN_HEADER, "")
    if not _TOKEN_FORM.fullmatch(given) or given != token:
        raise Problem(401, "The API token is missing or invalid.")


def acting_user(headers: Mapping[str, str], world: World, required: bool) -> User | None:
    """The user named by the e-mail header; None where it is absent and may be (then Oneflow acts as an admin)."""
    email = headers.get(EMAIL_HEADER, "").strip()
    if not email:
        if required:
            raise Problem(world.switches.missing_email_status, "The header X-Oneflow-User-Email is required.")
        return None
    user = world.user(email)
    if user is None or not user.active or (world.switches.emails_are_exact and user.email != email):
        raise Problem(401, "The user e-mail is not that of an active user of this account.")
    return user


def may_see(user: User | None, contract: Contract, all_of_workspace: bool = True) -> bool:
    """The token alone sees everything."""
    if user is None or contract.workspace_id not in user.workspace_ids:
        return user is None
    ours = (person.email for party, person in contract.participants() if party.my_party)
    return all_of_workspace or user.email in ours
