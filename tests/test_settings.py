"""Settings: all problems at once, by name, never with a value."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sync_core.errors import ConfigurationError
from sync_core.settings import Settings, queue_of

ROOT = Path(__file__).resolve().parents[1]
GOOD = {
    "ONEFLOW_API_TOKEN": "token",
    "ONEFLOW_USER_EMAIL": "integration@example.com",
    "ONEFLOW_SIGN_KEYS": "new, old,",
    "DATAVERSE_URL": "https://contoso.crm4.dynamics.com/",
    "DATAVERSE_TENANT_ID": "tenant",
    "DATAVERSE_CLIENT_ID": "client",
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
}


def problems(**changed: str) -> str:
    with pytest.raises(ConfigurationError) as raised:
        Settings.read(GOOD | changed)
    return "\n".join(raised.value.problems)


def test_good_settings_are_read_with_their_defaults() -> None:
    settings = Settings.read(GOOD)
    assert settings.sign_keys == ("new", "old")
    assert settings.dataverse_url == "https://contoso.crm4.dynamics.com"
    assert settings.oneflow_url == "https://api.oneflow.com/v1"
    assert (settings.history_days, settings.lock_seconds, settings.label_language) == (365, 300, None)
    assert settings.public_url is None


def test_all_that_is_missing_is_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as raised:
        Settings.read({})
    text = "\n".join(raised.value.problems)
    for name in GOOD:
        assert name in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ONEFLOW_API_URL", "http://MARKER.example"),
        ("DATAVERSE_URL", "ftp://MARKER.example"),
        ("DATAVERSE_AUTHORITY", "http://MARKER.example/tenant"),
        ("PUBLIC_URL", "MARKER"),
        ("SYNC_HISTORY_DAYS", "MARKER"),
        ("SYNC_HISTORY_DAYS", "0"),
        ("SYNC_LOCK_SECONDS", "1"),
        ("ONEFLOW_RATE_LIMIT", "2000"),
        ("ONEFLOW_RATE_LIMIT", "0/300"),
        ("SYNC_LABEL_LANGUAGE", "sv"),
        ("SYNC_USER_ADDRESS", "emailaddress"),
        ("SYNC_CONTRACT_ROWS", "yes"),
        ("ONEFLOW_USER_EMAIL", "kari\u200b@x.example"),
        ("ONEFLOW_API_TOKEN", "tok\nen"),
        ("SYNC_RECONCILE_SCHEDULE", "*/30 * * * * MARKER"),
    ],
)
def test_a_wrong_setting_is_named_without_its_value(name: str, value: str) -> None:
    text = problems(**{name: value})
    assert name in text and "MARKER" not in text


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        ("*/30 * * *", "4 fields, not six"),
        ("*/30 * * * * * *", "7 fields, not six"),
        ("00:00:30", "1 fields, not six"),
        ("60 * * * * *", "seconds that are none: *, 0 to 59"),
        ("*/0 * * * * *", "seconds"),
        ("*/30s * * * * *", "seconds"),
        ("0 -5 * * * *", "minutes"),
        ("0 0 24 * * *", "hours"),
        ("0 0 2-25 * * *", "hours"),
        ("0 0 0 0 * *", "days that"),
        ("0 0 0 1,,2 * *", "days that"),
        ("0 0 0 L * *", "days that"),
        ("0 0 0 1 13 *", "months that are none: *, 1 to 12 or names"),
        ("0 0 0 1 Monday *", "months"),
        ("0 0 0 * * 7", "days of the week"),
        ("0 0 0 * * Funday", "days of the week"),
        ("0 0 0 * * ?", "days of the week"),
        ("\u0663 * * * * *", "seconds"),
        ("9" * 5000 + " * * * * *", "seconds"),
        ("61 * * * *", "minutes"),
    ],
)
def test_a_schedule_that_the_host_would_not_take_is_named_with_what_is_wrong_in_it(schedule: str, told: str) -> None:
    text = problems(SYNC_RECONCILE_SCHEDULE=schedule)
    assert text.startswith("SYNC_RECONCILE_SCHEDULE has ") and told in text and "*/30 * * * * *" in text


@pytest.mark.parametrize(
    "schedule",
    [
        "", " ", "*/30 * * * * *", " 0 */5  * * * * ", "0 0 0 1 1 *", "0,15,30-45/5 1/2 0-23 1,31 Jan,mar-DEC 0-6",
        "0 0 6 * * Mon-Fri", "*/5 * * * *",
    ],
)  # fmt: skip
def test_a_schedule_that_the_host_takes_is_taken(schedule: str) -> None:
    Settings.read(GOOD | {"SYNC_RECONCILE_SCHEDULE": schedule})


@pytest.mark.parametrize("name", ["ONEFLOW_API_TOKEN", "ONEFLOW_WEBHOOK_KEY", "DATAVERSE_CLIENT_SECRET"])
def test_a_secret_that_the_key_vault_did_not_give_is_named(name: str) -> None:
    text = problems(**{name: "@Microsoft.KeyVault(SecretUri=https://MARKER.vault.azure.net/secrets/x)"})
    assert name in text and "not resolved" in text and "MARKER" not in text


@pytest.mark.parametrize("url", ["http://127.0.0.1:7081/v1", "http://localhost/v1", "https://api.test.oneflow.com/v1"])
def test_plain_http_is_for_this_machine_only(url: str) -> None:
    assert Settings.read(GOOD | {"ONEFLOW_API_URL": url}).oneflow_url == url


def test_the_sites_own_host_name_is_the_public_address() -> None:
    site = {"WEBSITE_HOSTNAME": "sync.azurewebsites.net"}
    assert Settings.read(GOOD | site).public_url == "https://sync.azurewebsites.net"
    assert Settings.read(GOOD | site | {"PUBLIC_URL": "https://own.example"}).public_url == "https://own.example"


def test_storage_is_reached_by_name_or_by_address() -> None:
    bare = {name: value for name, value in GOOD.items() if name != "AzureWebJobsStorage"}
    by_name = Settings.read(bare | {"AzureWebJobsStorage__accountName": "acc", "AzureWebJobsStorage__clientId": "id"})
    assert by_name.table_uri == "https://acc.table.core.windows.net"
    assert (by_name.queue_uri, by_name.storage_client_id) == ("https://acc.queue.core.windows.net", "id")
    uris = {
        "AzureWebJobsStorage__tableServiceUri": "https://t.example",
        "AzureWebJobsStorage__queueServiceUri": "https://q.example",
    }
    assert Settings.read(bare | uris).table_uri == "https://t.example"


def test_the_example_and_the_page_of_settings_know_every_setting() -> None:
    source = (ROOT / "sync_core/settings.py").read_text() + (ROOT / "sync_core/handlers/timers.py").read_text()
    source += (ROOT / "sync_core/handlers/principal.py").read_text()
    names = set(re.findall(r'"((?:ONEFLOW|DATAVERSE|SYNC)_[A-Z_]+|PUBLIC_URL|AzureWebJobsStorage)"', source))
    assert len(names) >= 16
    example = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]
    page = (ROOT / "docs/settings.md").read_text()
    for name in names:
        assert name in example, name
        assert f"`{name}`" in page, name


QUEUE_ALONE = {"AzureWebJobsStorage__queueServiceUri": "https://st.queue.core.windows.net"}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (QUEUE_ALONE, (None, None, "https://st.queue.core.windows.net", None)),
        (QUEUE_ALONE | {"AzureWebJobsStorage__clientId": "id"}, (None, None, *QUEUE_ALONE.values(), "id")),
        ({"AzureWebJobsStorage": "UseDevelopmentStorage=true"}, ("UseDevelopmentStorage=true", None, None, None)),
    ],
)
def test_a_jobs_queue_is_known_wherever_the_hosts_trigger_knows_it(given: dict[str, str], found: object) -> None:
    """The rest of the settings, the tables' address among them, may be missing: the job waits, and is not given up."""
    assert queue_of(given) == found
    with pytest.raises(ConfigurationError):
        Settings.read(given)


def test_without_any_address_of_the_queue_it_says_so() -> None:
    with pytest.raises(ConfigurationError) as told:
        queue_of({"AzureWebJobsStorage__tableServiceUri": "https://st.table.core.windows.net"})
    assert "AzureWebJobsStorage__queueServiceUri" in str(told.value)
