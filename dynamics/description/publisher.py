"""Whose solution it is. None of these may change after the first release."""

from __future__ import annotations

from dynamics.description.words import Text

PUBLISHER, SOLUTION, PREFIX = "oneflowsync", "OneflowFieldSync", "ofs"
OPTION_PREFIX = 72_310
FIRST_OPTION = OPTION_PREFIX * 10_000
TITLE = Text("Oneflow field sync", "Oneflow fältsynk")
ABOUT = Text(
    "Keeps the fields of Dynamics records and of their contracts in Oneflow the same.",
    "Håller fälten i Dynamics poster och i deras avtal i Oneflow lika.",
)
# What `connect` made before there was a solution to import: nothing but a folder.
LOOSE_VERSION = "1.0.0.0"
