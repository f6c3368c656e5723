"""What no header can carry is refused by the header's name before anything is sent, to whichever vendor."""

from __future__ import annotations

import pytest
import requests

from sync_core.adapters.headers import sendable
from sync_core.adapters.http import VendorHttp
from sync_core.errors import Refused

BAD = ["secret\u200b", "secretł", "secret\r\nX-Other: 1", "secret\n", "sec\x00ret", "secreté", "sec\tret"]


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("side", ["oneflow", "dynamics"])
def test_what_a_header_cannot_carry_is_refused_by_name_and_never_shown(side: str, value: str) -> None:
    with requests.Session() as session:  # opens nothing: the refusal comes first
        vendor = VendorHttp(side, "http://127.0.0.1:9", session, headers=lambda: {"X-Who": value + "x"})
        with pytest.raises(Refused) as refused:
            vendor.request("GET", "ping")
    assert "X-Who" in str(refused.value) and "U+" in str(refused.value)
    assert "secret" not in str(refused.value) and refused.value.side == side


def test_blanks_around_a_value_are_not_sent() -> None:
    assert sendable("oneflow", {"X-Who": " kari@x.example\u00a0"}) == {"X-Who": "kari@x.example"}
