"""Where this process runs: in Azure or elsewhere, and which instance of the app it is. Decided here alone.

Flex Consumption names its instances otherwise than App Service does, and need not set WEBSITE_INSTANCE_ID; so any of
the platform's names will do. Who sets one of them on a machine of their own loses a convenience; who copies
SYNC_LOCAL_USER into the settings of an app in Azure must not become everybody's administrator.
"""

from __future__ import annotations

from collections.abc import Mapping

# Most telling first: the first two are one instance's own, as the third is where instances are containers.
_INSTANCE = ("WEBSITE_INSTANCE_ID", "WEBSITE_POD_NAME", "CONTAINER_NAME")
SIGNS = (*_INSTANCE, "WEBSITE_SITE_NAME")


def in_azure(env: Mapping[str, str]) -> bool:
    return any(env.get(name) for name in SIGNS)


def signs_people_in(env: Mapping[str, str]) -> bool:
    """Whether App Service Authentication stands in front of the app, and says who calls."""
    return (env.get("WEBSITE_AUTH_ENABLED") or "").lower() in ("true", "1")


def app_name(env: Mapping[str, str]) -> str:
    """The function app's, as its telemetry is found by; the project's outside Azure."""
    return env.get("WEBSITE_SITE_NAME") or "oneflow-sync"


def instance_of(env: Mapping[str, str]) -> str:
    """What tells this instance from the app's others; the machine's name outside Azure, if it has one."""
    return next((env[name] for name in (*_INSTANCE, "HOSTNAME") if env.get(name)), "")
