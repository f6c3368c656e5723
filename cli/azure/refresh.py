"""Secrets that arrive: the platform fetches its references anew, and the running app shows what it uses.

A plain restart is not documented to fetch any, and reported not to; a change of the configuration and this call do.
What the app uses is proved by digests that its health tells: the vault's newest version has the same, or is not in use.
Health tells them of the process that answers, and of the functions that no request reaches, which Flex Consumption runs
in instances of their own: the timer, and each process that ran jobs lately.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from cli.azure.arm import Reference, ResourceManager
from cli.azure.vault import Vaults, version_of, why
from sync_core.errors import SyncError, Temporary
from sync_core.secret_digests import SECRETS, digest, is_reference

# Health is told by one instance, whichever the platform picks, and says so for 30 s: at so many looks in a row so many
# answers must agree. At as many looks must the platform say that it cannot read a secret.
AGREEING, ANSWERS = 3, 5
# So often is asked what gives a temporary answer, or none; and so long, in seconds, is waited in between at most.
TRIES, LONGEST_WAIT = 4, 60.0
# The functions without a route that use secrets. The others (poison queue, purge) use storage alone.
FUNCTIONS = ("reconcile", "sync_jobs")
_WAITS = frozenset(("", "Resolved", "Initialized"))
_STATUS = {
    "SecretNotFound": "the vault has no such secret: set it with `az keyvault secret set`",
    "SecretVersionNotFound": "the vault has no such version: take the version out of the reference",
    "VaultNotFound": "there is no such vault: deploy infra/ again",
    "AccessToKeyVaultDenied": "the app's identity may not read the vault: deploy infra/ again, and wait some minutes",
    "MSINotEnabled": "the app has no identity: deploy infra/ again",
    "InvalidSyntax": "the reference is not well formed: deploy infra/ again",
    "FetchTimedOut": "the vault did not answer: run this again",
}


_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Shown:
    """What health tells. `http`: setting to digest, of the process that answered; empty where it does not answer.

    `functions`: the same of each process of the functions without a route, by function; None where health is of a
    version that does not tell.
    """

    http: Mapping[str, str]
    functions: Mapping[str, Sequence[Mapping[str, str]]] | None = None


def shown(health: Any) -> Shown:
    """As health's answer tells it; nothing where it is no answer of the app's."""
    if not isinstance(health, dict) or not isinstance(health.get("secrets"), dict):
        return Shown({})
    told = health.get("secrets_by_function")
    if not isinstance(told, list):
        # Also where settings are missing: nothing but requests runs then.
        return Shown(health["secrets"], None if health.get("status") == "ok" else {})
    notes = [one for one in told if isinstance(one, dict) and isinstance(one.get("secrets"), dict)]
    by_function = {name: [one["secrets"] for one in notes if one.get("function") == name] for name in FUNCTIONS}
    return Shown(health["secrets"], by_function)


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of one secret. `digest` is that of the vault's newest version, empty where it cannot be read."""

    name: str
    in_use: bool
    text: str
    digest: str = ""


class Refresh:
    def __init__(
        self,
        arm: ResourceManager,
        vaults: Vaults,
        site: Mapping[str, str],
        health: Callable[[], Shown],
        sleep: Callable[[float], None],
        every: float = 10.0,
    ) -> None:
        self._arm, self._vaults, self._site = arm, vaults, site
        self._health, self._sleep, self._every = health, sleep, every

    def run(self, patience: float) -> list[Told]:
        """Have the references fetched anew; look for `patience` seconds whether the app uses what the vault has.

        What cannot be proved whatever the app does is not waited for: it must be mended first. A temporary answer of
        Azure ends nothing but what rests on it: what health shows is proved whatever the platform says of itself.
        """
        silent = self._fetch()
        settings = self._again(partial(self._arm.settings, self._site))
        wanted, unread = self._wanted(settings)
        looks = max(AGREEING, int(patience / self._every) if self._every else 0) if wanted and not unread else 1
        agreed, refused = dict.fromkeys(wanted, 0), 0
        shown, held = Shown({}), dict[str, Reference]()
        for look in range(looks):
            if look:
                self._sleep(self._every)
                silent = self._fetch(tries=1) if silent else ""
            known, unknown = self._held()
            held |= known
            shown = self._look(wanted, ANSWERS if looks > 1 else 1)
            agreed = {name: agreed[name] + 1 if shown.http.get(name) == one else 0 for name, one in wanted.items()}
            refused = refused + 1 if any(_refused(held.get(name)) for name in wanted) else 0
            if refused >= AGREEING or (min(agreed.values(), default=0) >= AGREEING and not _elsewhere(wanted, shown)):
                break
        told = [_told(name, one, shown, held.get(name), agreed[name]) for name, one in wanted.items()]
        missing = "".join(f" {one}" for one in (silent, unknown) if one)
        told = [one if one.in_use else replace(one, text=one.text + missing) for one in told]
        return told + [Told(name, False, text) for name, text in unread.items()]

    def _again(self, ask: Callable[[], _T], tries: int = TRIES) -> _T:
        """What Azure answers, asked once more where the answer is temporary: each call here may be repeated."""
        for tried in range(1, tries):
            try:
                return ask()
            except Temporary as error:
                self._sleep(min(error.retry_after or self._every * tried, LONGEST_WAIT))
        return ask()

    def _fetch(self, tries: int = TRIES) -> str:
        """Have the references fetched anew; where Azure does not do it now, what it said."""
        try:
            self._again(partial(self._arm.refresh, self._site), tries)
        except Temporary as error:
            return f"The platform did not take the order to fetch anew: {error}."
        return ""

    def _held(self) -> tuple[Mapping[str, Reference], str]:
        """The platform's own word on its references; where it gives none now, why."""
        try:
            return self._arm.references(self._site), ""
        except SyncError as error:
            return {}, f"How the platform stands with its reference is not known: {error}."

    def _look(self, wanted: Mapping[str, str], answers: int) -> Shown:
        """The first answer that tells of another version, else the last one: several instances answer in turn."""
        shown = self._health()
        for _ in range(answers - 1):
            if any(shown.http.get(name) != one for name, one in wanted.items()):
                break
            shown = self._health()
        return shown

    def _wanted(self, settings: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """Setting to the digest of the vault's newest version; and, of those where nothing can be proved, to why."""
        wanted, unread = {}, {}
        for name in SECRETS:
            value = settings.get(name, "").strip()
            if not value:
                continue
            if not is_reference(value):
                unread[name] = (
                    "it stands in plain text in the app's settings, where no version can be told and whoever may read "
                    "the settings reads it. Put it into the key vault, and a reference into the setting (deploy infra/ "
                    "again)."
                )
                continue
            try:
                newest = self._again(partial(self._vaults.newest, value))
                if version_of(value) not in ("", newest.version):
                    unread[name] = (
                        "its reference asks for one version, and the vault has a newer one, which never arrives so. "
                        "Take the version out of the reference (deploy infra/ again)."
                    )
                    continue
                wanted[name] = digest(name, newest.value.strip())
            except SyncError as error:
                unread[name] = f"the vault's newest version could not be read: {why(error)}"
        return wanted, unread


def _told(name: str, wanted: str, shown: Shown, held: Reference | None, agreed: int) -> Told:
    if held and _refused(held):
        return Told(name, False, f"the platform could not read it: {_STATUS.get(held.status, held.status)}.", wanted)
    if not shown.http:
        return Told(name, False, "the app's health does not tell which version it uses.", wanted)
    used = shown.http.get(name)
    if used != wanted:
        other = f" ({used})" if used else ""
        return Told(name, False, f"the app still uses another version{other} than the vault's newest.", wanted)
    if agreed < AGREEING:
        text = "too few answers of the app in a row showed the vault's newest version to prove it."
        return Told(name, False, text, wanted)
    if shown.functions is None:
        return Told(name, False, "health does not tell of timer and queue: deploy this version of the app.", wanted)
    missing = [*_functions(name, wanted, shown)]
    if missing:
        return Told(name, False, f"pages and webhooks use the vault's newest version; {'; '.join(missing)}.", wanted)
    version = f", version {held.version[:8]}" if held and held.version else ""
    return Told(name, True, f"in use is the vault's newest version{version}, also by timer and queue.", wanted)


def _functions(name: str, wanted: str, shown: Shown) -> Iterator[str]:
    """Of each function without a route that is not proved to use it: what is known."""
    for function in FUNCTIONS:
        seen = (shown.functions or {}).get(function, ())
        if not seen:
            yield f"`{function}` was not seen yet"
        elif other := sum(one.get(name) != wanted for one in seen):
            yield f"`{function}` was last seen with another one" + (f" ({other} of {len(seen)})" if seen[1:] else "")


def _elsewhere(wanted: Mapping[str, str], shown: Shown) -> bool:
    """Whether anything is left to see of the functions without a route."""
    return shown.functions is not None and any(any(_functions(name, one, shown)) for name, one in wanted.items())


def _refused(held: Reference | None) -> bool:
    return held is not None and held.status not in _WAITS
