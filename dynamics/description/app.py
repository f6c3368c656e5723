"""The app *Oneflow Administration* and its site map."""

from __future__ import annotations

from dataclasses import dataclass

from dynamics.description.contract import CONTRACT
from dynamics.description.words import Text

APP = "ofs_oneflow"
APP_TITLE = Text("Oneflow Administration", "Oneflow Administration")
APP_ABOUT = Text(
    "Settings and health of the Oneflow field sync, and the contracts.",
    "Inställningar och hälsa för Oneflow fältsynk, och avtalen.",
)
ICON = "ofs_/icons/oneflow.svg"
# The app's own settings: shown everywhere, and in-app notifications on, which are off by default.
APP_SETTINGS = (("AllowNotificationsEarlyAccess", "true"), ("AppChannel", "1"))
# System Administrator and System Customizer, alike in every organisation.
PLATFORM_ROLES = ("627090ff-40a3-4053-8790-584edc5be201", "119f245c-3cc8-4b62-b31c-d1a046ced15d")


@dataclass(frozen=True, slots=True)
class Area:
    """One line of the navigation: a page of ours, a table, or the dashboard."""

    name: str
    label: Text
    page: str = ""
    table: str = ""
    dashboard: bool = False


GROUPS = (
    (
        "ofs_sync",
        Text("Sync", "Synk"),
        (
            Area("ofs_settings", Text("Settings", "Inställningar"), page="ofs_/settings.html"),
            Area("ofs_health", Text("Health", "Hälsa"), page="ofs_/health.html"),
        ),
    ),
    (
        "ofs_contracts",
        Text("Contracts", "Avtal"),
        (
            Area("ofs_contract", CONTRACT.plural, table=CONTRACT.logical),
            Area("ofs_dashboard", Text("Dashboard", "Instrumentpanel"), dashboard=True),
        ),
    ),
)
