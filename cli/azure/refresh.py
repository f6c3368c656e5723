"""Secrets that arrive: the platform fetches its references anew, and the running app shows what it uses.

A plain restart is not documented to fetch any, and reported not to; a change of the configuration and this call do.
What the app uses is proved by digests that its health tells: the vault's newest version has the same, or is not in use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cli.azure.arm import Reference, ResourceManager
from cli.azure.vault import Vaults, why
from sync_core.errors import SyncError
from sync_core.secret_digests import SECRETS, digest, is_reference

# Health is told by one instance, and says so for 30 s: as many answers in a row must agree.
AGREEING = 3
_STATUS = {
    "SecretNotFound": "the vault has no such secret: set it with `az keyvault secret set`",
    "SecretVersionNotFound": "the vault has no such version: take the version out of the reference",
    "VaultNotFound": "there is no such vault: deploy infra/ again",
    "AccessToKeyVaultDenied": "the app's identity may not read the vault: deploy infra/ again, and wait some minutes",
    "MSINotEnabled": "the app has no identity: deploy infra/ again",
    "InvalidSyntax": "the reference is not well formed: deploy infra/ again",
    "FetchTimedOut": "the vault did not answer: run this again",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of one secret. `digest` is that of the vault's newest version, empty where it cannot be read."""

    name: str
    in_use: bool
    text: str
    digest: str = ""


class Refresh:
    """`health()` answers the app's digests by setting; empty where it does not answer."""

    def __init__(
        self,
        arm: ResourceManager,
        vaults: Vaults,
        site: Mapping[str, str],
        health: Callable[[], Mapping[str, str]],
        sleep: Callable[[float], None],
        every: float = 10.0,
    ) -> None:
        self._arm, self._vaults, self._site = arm, vaults, site
        self._health, self._sleep, self._every = health, sleep, every

    def run(self, patience: float) -> list[Told]:
        """Have the references fetched anew; look for `patience` seconds whether the app uses what the vault has."""
        self._arm.refresh(self._site)
        wanted = dict(self._wanted())
        looks = max(AGREEING, int(patience / self._every) if self._every else 0)
        agreed = 0
        shown: Mapping[str, str] = {}
        for look in range(looks):
            if look:
                self._sleep(self._every)
            shown = self._health()
            agreed = agreed + 1 if shown and not _differing(wanted, shown) else 0
            if agreed >= AGREEING:
                break
        held = self._arm.references(self._site)
        return [self._told(name, known, shown, held.get(name)) for name, known in wanted.items()]

    def _wanted(self) -> Iterator[tuple[str, tuple[str, str]]]:
        """Setting to the digest of the vault's newest version, or to why it cannot be read."""
        for name, value in self._arm.settings(self._site).items():
            if name in SECRETS and is_reference(value):
                try:
                    yield name, (digest(name, self._vaults.read(value).value.strip()), "")
                except SyncError as error:
                    yield name, ("", why(error))

    def _told(self, name: str, known: tuple[str, str], shown: Mapping[str, str], held: Reference | None) -> Told:
        wanted, unread = known
        version = f", version {held.version[:8]}" if held and held.version else ""
        if held and held.status not in ("", "Resolved"):
            told = _STATUS.get(held.status, held.status)
            return Told(name, False, f"the platform could not read it: {told}.", wanted)
        if unread:
            return Told(name, False, f"the vault's newest version could not be read: {unread}")
        if not shown:
            return Told(name, False, "the app's health does not tell which version it uses.", wanted)
        if shown.get(name) != wanted:
            used = f" ({shown[name]})" if name in shown else ""
            return Told(name, False, f"the app still uses another version{used} than the vault's newest.", wanted)
        return Told(name, True, f"in use is the vault's newest version{version}.", wanted)


def _differing(wanted: Mapping[str, tuple[str, str]], shown: Mapping[str, Any]) -> list[str]:
    return [name for name, (known, _) in wanted.items() if shown.get(name) != known]
