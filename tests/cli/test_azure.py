"""`azure env` and `azure refresh`, by the person's own sign-in, against what stands for Azure over real HTTP."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from cli.azure.arm import ResourceManager
from cli.azure.refresh import ANSWERS, Refresh, Shown, Told, shown
from cli.azure.vault import Vaults
from cli.environment import read
from cli.operate.azure import _health_of
from sync_core.secret_digests import SECRETS, UNRESOLVED, digest, digests
from tests.cli.cloud import APP, GROUP, REFERRED, SUBSCRIPTION, Cloud, deployment, version_id
from tests.cli.desk import Desk, Done


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    yield cloud
    cloud.close()


class Terminal(Desk):
    """Runs commands; there is no world but the cloud."""

    def __init__(self, cloud: Cloud, path: str) -> None:
        self.world: Any = type("Nothing", (), {"env": {}})()
        self.as_app = True  # each command says itself how it signs in
        self.env = {"PATH": path, "AZURE_RESOURCE_MANAGER": cloud.url, "DATAVERSE_TENANT_ID": ""}

    def azure(self, *words: str, file: Path | None = None) -> Done:
        return self.run(*(("--env", str(file)) if file else ()), "azure", *words)


@pytest.fixture
def terminal(cloud: Cloud, tmp_path: Path) -> Terminal:
    return Terminal(cloud, cloud.az(tmp_path))


def prod(terminal: Terminal, tmp_path: Path) -> Path:
    file = tmp_path / "prod.env"
    done = terminal.azure("env", "--resource-group", GROUP, "--out", str(file))
    assert done.code == 0, done.err
    return file


# --- env --------------------------------------------------------------------------------------------------------------


def test_env_writes_what_the_tool_needs_and_no_secret(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    file = prod(terminal, tmp_path)
    found = read(file)
    places = {"AZURE_SUBSCRIPTION_ID": SUBSCRIPTION, "AZURE_RESOURCE_GROUP": GROUP, "AZURE_FUNCTION_APP": APP}
    assert places.items() <= found.items() and found["AZURE_KEY_VAULT"] == "kv-sync-x"
    assert {name: found[name] for name in ("DATAVERSE_URL", "PUBLIC_URL", "ONEFLOW_USER_EMAIL")} == {
        name: cloud.plain[name] for name in ("DATAVERSE_URL", "PUBLIC_URL", "ONEFLOW_USER_EMAIL")
    }
    assert found["ONEFLOW_API_TOKEN"].startswith("@Microsoft.KeyVault(")
    assert not [value for values in cloud.vault.values() for value in values if value in file.read_text()]
    # How the app signs in, and where it reports to, is the app's own.
    assert not [name for name in found if name.endswith("__credential") or name.startswith("APPLICATIONINSIGHTS")]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_env_prints_a_shell_reads_alike(terminal: Terminal, tmp_path: Path) -> None:
    file = prod(terminal, tmp_path)
    printed = terminal.azure("env", "--resource-group", GROUP).out
    assert printed == file.read_text()
    show = 'set -a; . "$1"; for name in $2; do eval "printf \'%s\\n\' \\"\\$$name\\""; done'
    names = list(read(file))
    done = subprocess.run(
        ["sh", "-c", show, "sh", str(file), " ".join(names)], capture_output=True, text=True, check=True
    )
    assert dict(zip(names, done.stdout.splitlines(), strict=True)) == read(file)


def test_env_says_what_dynamics_and_the_sign_in_need(terminal: Terminal) -> None:
    told = terminal.azure("env", "--resource-group", GROUP).err
    assert "client id app-id" in told and "/api/ui/blank.html" in told


def test_env_leaves_out_a_secret_in_plain_text_and_says_so(cloud: Cloud, terminal: Terminal) -> None:
    cloud.plain["DATAVERSE_CLIENT_SECRET"] = "MARKER-SECRET"
    done = terminal.azure("env", "--resource-group", GROUP)
    assert "MARKER" not in done.out + done.err
    assert "DATAVERSE_CLIENT_SECRET holds a secret in plain text" in " ".join(done.err.split())


def test_env_asks_which_subscription_where_there_are_several(cloud: Cloud, terminal: Terminal) -> None:
    cloud.subscriptions.append("another")
    done = terminal.azure("env", "--resource-group", GROUP)
    assert done.code == 1 and "--subscription" in done.err
    assert terminal.azure("env", "--resource-group", GROUP, "--subscription", SUBSCRIPTION).code == 0


def test_env_says_where_nothing_was_deployed(cloud: Cloud, terminal: Terminal) -> None:
    cloud.deployments = cloud.deployments[:1]
    done = terminal.azure("env", "--resource-group", GROUP)
    assert done.code == 1 and f"{GROUP} has no deployment" in " ".join(done.err.split())


def test_env_asks_which_app_where_the_group_has_several_installations(
    cloud: Cloud, terminal: Terminal, tmp_path: Path
) -> None:
    """The newest deployment may be of the other one, whose secrets would be taken for these."""
    cloud.others.add("func-test")
    cloud.deployments.append(deployment("test", "2026-11-30T11:30:00Z", cloud.outputs(functionAppName="func-test")))
    done = terminal.azure("env", "--resource-group", GROUP)
    assert done.code == 1 and f"--app func-test or {APP}" in " ".join(done.err.split()) and done.out == ""
    for name in (APP, "func-test"):
        file = tmp_path / f"{name}.env"
        done = terminal.azure("env", "--resource-group", GROUP, "--app", name, "--out", str(file))
        assert done.code == 0 and name in done.out and read(file)["AZURE_FUNCTION_APP"] == name
    done = terminal.azure("env", "--resource-group", GROUP, "--app", "func-gone")
    assert done.code == 1 and "no app func-gone that infra/ made" in " ".join(done.err.split())


def test_env_finds_the_one_app_that_is_left_of_several(cloud: Cloud, terminal: Terminal) -> None:
    """The newest deployment's app was deleted by hand; the group still tells of it."""
    cloud.deployments.append(deployment("test", "2026-11-30T11:30:00Z", cloud.outputs(functionAppName="func-test")))
    assert f"AZURE_FUNCTION_APP='{APP}'" in terminal.azure("env", "--resource-group", GROUP).out


def test_env_tells_the_pages_address_as_it_is_reached_from_outside(cloud: Cloud, terminal: Terminal) -> None:
    cloud.plain["PUBLIC_URL"] = "https://sync.contoso.example/"
    done = terminal.azure("env", "--resource-group", GROUP)
    assert "PUBLIC_URL='https://sync.contoso.example'" in done.out
    assert "https://sync.contoso.example/api/ui/blank.html" in done.err


@pytest.mark.parametrize("place", ["missing/prod.env", "."])
def test_a_file_that_cannot_be_written_is_told(terminal: Terminal, tmp_path: Path, place: str) -> None:
    done = terminal.azure("env", "--resource-group", GROUP, "--out", str(tmp_path / place))
    assert done.code == 1 and "--out cannot be written" in " ".join(done.err.split())


AZ_SAYS = {
    "nothing": (None, "not installed on this machine", "install the Azure CLI"),
    "signed out": ("ERROR: Please run 'az login' to setup account.", "nobody is signed in", "run `az login`"),
    "another fault": ("ERROR: MARKER AADSTS50076 said something", "gave no token", "az account get-access-token"),
}


def az_that_says(folder: Path, words: str | None) -> str:
    """The PATH on which `az` fails with these words, or is not found."""
    if words is None:
        return str(folder / "nothing")
    program = folder / "az"
    program.write_text(f"#!/bin/sh\necho {words!r} >&2\nexit 1\n".replace("'az login'", "az login"))
    program.chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


@pytest.mark.parametrize("case", AZ_SAYS)
def test_where_az_gives_no_token_the_cause_is_told_with_its_own_remedy(
    terminal: Terminal, tmp_path: Path, case: str
) -> None:
    words, told, remedy = AZ_SAYS[case]
    terminal.env["PATH"] = az_that_says(tmp_path, words)
    done = terminal.azure("env", "--resource-group", GROUP)
    said = " ".join(done.err.split())
    assert done.code == 1 and told in said and remedy in said
    assert "DATAVERSE" not in said and "MARKER" not in said
    assert ("az login" in said.partition("Remedy:")[0]) is False


@pytest.mark.parametrize("printed", ["", "null", "[]", "7", '{"tokenType": "Bearer"}', '{"accessToken": "MARKER"}'])
def test_what_az_prints_that_is_no_token_is_told_once_and_not_repeated(tmp_path: Path, printed: str) -> None:
    """In a process of its own: where nothing else listens, a library's warning goes to the screen."""
    program = tmp_path / "az"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{printed}\nEND\n")
    program.chmod(0o755)
    command = [sys.executable, "-m", "cli", "azure", "env", "--resource-group", GROUP]
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "COLUMNS": "160"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    told = done.stderr.splitlines()
    assert done.returncode == 1 and len(told) == 2, done.stderr
    assert "gave no token" in told[0] and "az account get-access-token" in told[1]


@pytest.mark.parametrize("case", AZ_SAYS)
def test_the_same_where_secrets_are_read_from_the_vault(terminal: Terminal, tmp_path: Path, case: str) -> None:
    file = prod(terminal, tmp_path)
    words, told, remedy = AZ_SAYS[case]
    (tmp_path / "other").mkdir()
    terminal.env["PATH"] = az_that_says(tmp_path / "other", words)
    done = terminal.run("--env", str(file), "--sign-in", "az", "doctor", "--json")
    (found,) = [one for one in done.json["findings"] if one["check"] == "settings.ONEFLOW_API_TOKEN"]
    assert told in found["text"] and remedy in found["text"]


# --- secrets in the tool ----------------------------------------------------------------------------------------------


def test_signed_in_through_az_the_tool_reads_secrets_itself(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    file = prod(terminal, tmp_path)
    done = terminal.run("--env", str(file), "--sign-in", "az", "doctor", "--json")
    checks = {one["check"] for one in done.json["findings"]}
    # DATAVERSE_TENANT_ID is missing in this app; the secrets are not.
    assert "settings.DATAVERSE_TENANT_ID" in checks
    assert not checks & {f"settings.{name}" for name in REFERRED}


def test_a_vault_that_is_closed_to_this_machine_is_told_with_what_serves_instead(
    cloud: Cloud, terminal: Terminal, tmp_path: Path
) -> None:
    file = prod(terminal, tmp_path)
    cloud.closed = True
    done = terminal.run("--env", str(file), "--sign-in", "az", "doctor", "--json")
    (found,) = [one for one in done.json["findings"] if one["check"] == "settings.ONEFLOW_API_TOKEN"]
    assert "closed to this machine" in found["text"] and "settings page" in found["text"]


def test_a_reference_without_az_is_told_with_the_option_that_reads_it(terminal: Terminal, tmp_path: Path) -> None:
    file = prod(terminal, tmp_path)
    done = terminal.run("--env", str(file), "doctor", "--json")
    (found,) = [one for one in done.json["findings"] if one["check"] == "settings.ONEFLOW_API_TOKEN"]
    assert "--sign-in az" in found["remedy"]


# --- refresh ----------------------------------------------------------------------------------------------------------


def test_a_rotated_secret_arrives_by_refresh_and_only_then_the_old_one_may_go(
    cloud: Cloud, terminal: Terminal, tmp_path: Path
) -> None:
    file = prod(terminal, tmp_path)
    cloud.rotate("oneflow-api-token", "MARKER-NEW-TOKEN")
    assert cloud.used["ONEFLOW_API_TOKEN"] != "MARKER-NEW-TOKEN", "nothing fetches it by itself"
    done = terminal.azure("refresh", "--patience", "0", file=file)
    assert (done.code, cloud.refreshed) == (0, 1), done.out
    assert cloud.used["ONEFLOW_API_TOKEN"] == "MARKER-NEW-TOKEN"
    assert "an old one may be revoked" in done.out and digest("ONEFLOW_API_TOKEN", "MARKER-NEW-TOKEN") in done.out
    assert "MARKER" not in done.out + done.err


def test_while_the_app_uses_the_old_value_nothing_may_be_revoked(
    cloud: Cloud, terminal: Terminal, tmp_path: Path
) -> None:
    file = prod(terminal, tmp_path)
    cloud.rotate("oneflow-api-token", "new")
    cloud.slow = 1000
    done = terminal.azure("refresh", "--patience", "0", "--json", file=file)
    by_name = {one["name"]: one for one in done.json["secrets"]}
    assert done.code == 1 and done.json["in_use"] is False
    assert by_name["ONEFLOW_API_TOKEN"]["in_use"] is False
    assert by_name["ONEFLOW_SIGN_KEYS"]["in_use"] is True
    assert "Do not revoke" in terminal.azure("refresh", "--patience", "0", file=file).out


def test_a_secret_that_is_missing_is_told_with_what_sets_it(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    file = prod(terminal, tmp_path)
    del cloud.vault["oneflow-sign-keys"]
    done = terminal.azure("refresh", file=file)
    assert done.code == 1 and "FAILED  ONEFLOW_SIGN_KEYS" in done.out and "az keyvault secret set" in done.out
    assert cloud.asked == 1, "waiting would change nothing"


def test_a_reference_of_another_form_is_told_as_what_it_is(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    file = prod(terminal, tmp_path)
    cloud.plain["ONEFLOW_API_TOKEN"] = "@Microsoft.KeyVault(VaultName=kv;SecretName=oneflow-api-token)"
    done = terminal.azure("refresh", file=file)
    assert done.code == 1 and "it needs SecretUri" in done.out and "secret set" not in done.out


def test_a_reference_that_asks_for_an_older_version_never_lets_the_newest_arrive(
    cloud: Cloud, terminal: Terminal, tmp_path: Path
) -> None:
    """The app uses just what its reference names, which is the one that somebody would revoke."""
    file = prod(terminal, tmp_path)
    reference = f"@Microsoft.KeyVault(SecretUri={cloud.url}/secrets/oneflow-api-token/{version_id(1)})"
    cloud.plain["ONEFLOW_API_TOKEN"] = reference
    assert terminal.azure("refresh", "--patience", "0", file=file).code == 0, "there is no newer one yet"
    cloud.vault["oneflow-api-token"].append("new")
    cloud.keeps["ONEFLOW_API_TOKEN"] = cloud.vault["oneflow-api-token"][0]
    done = terminal.azure("refresh", "--patience", "0", file=file)
    assert done.code == 1 and "FAILED  ONEFLOW_API_TOKEN: its reference asks for one version" in done.out
    assert "Do not revoke" in done.out and "may be revoked" not in done.out


def test_a_secret_that_is_switched_off_is_told_as_what_it_is(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    """Nobody may read it, whatever their roles."""
    file = prod(terminal, tmp_path)
    cloud.disabled.add("oneflow-api-token")
    done = terminal.azure("refresh", file=file)
    assert done.code == 1 and "its newest version is disabled" in done.out and "you need the role" not in done.out


def test_a_closed_vault_leaves_what_is_in_use_unproved(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    file = prod(terminal, tmp_path)
    cloud.closed = True
    done = terminal.azure("refresh", file=file)
    assert (done.code, cloud.refreshed) == (1, 1), "the platform fetches all the same"
    assert "closed to this machine" in done.out and "Do not revoke" in done.out
    assert cloud.asked == 1, "and nothing is waited for"


@pytest.mark.parametrize("function", ["reconcile", "sync_jobs"])
def test_a_function_that_no_request_reaches_must_use_it_too(
    cloud: Cloud, terminal: Terminal, tmp_path: Path, function: str
) -> None:
    """Flex Consumption runs it in instances of its own."""
    file = prod(terminal, tmp_path)
    cloud.rotate("oneflow-api-token", "new")
    cloud.stuck.add(function)
    done = terminal.azure("refresh", "--patience", "0", "--json", file=file)
    by_name = {one["name"]: one for one in done.json["secrets"]}
    assert done.code == 1 and done.json["in_use"] is False
    assert f"`{function}` was last seen with another one" in by_name["ONEFLOW_API_TOKEN"]["text"]
    assert by_name["ONEFLOW_SIGN_KEYS"]["in_use"] is True
    cloud.stuck.clear()
    assert terminal.azure("refresh", "--patience", "0", file=file).code == 0


@pytest.mark.parametrize("function", ["reconcile", "sync_jobs"])
def test_a_function_that_was_not_seen_yet_proves_nothing(
    cloud: Cloud, terminal: Terminal, tmp_path: Path, function: str
) -> None:
    file = prod(terminal, tmp_path)
    cloud.unseen.add(function)
    done = terminal.azure("refresh", "--patience", "0", file=file)
    assert done.code == 1 and f"`{function}` was not seen yet" in done.out and "Do not revoke" in done.out


def test_an_app_of_a_version_that_does_not_tell_proves_nothing(
    cloud: Cloud, terminal: Terminal, tmp_path: Path
) -> None:
    file = prod(terminal, tmp_path)
    cloud.tells = False
    done = terminal.azure("refresh", "--patience", "0", file=file)
    assert done.code == 1 and "deploy this version" in done.out


def test_a_secret_in_plain_text_is_reported_and_nothing_may_be_revoked(
    cloud: Cloud, terminal: Terminal, tmp_path: Path
) -> None:
    file = prod(terminal, tmp_path)
    cloud.plain["DATAVERSE_CLIENT_SECRET"] = "MARKER-SECRET"
    done = terminal.azure("refresh", file=file)
    assert done.code == 1 and "FAILED  DATAVERSE_CLIENT_SECRET: it stands in plain text" in done.out
    assert "Do not revoke" in done.out and "may be revoked" not in done.out
    assert "MARKER" not in done.out + done.err
    assert cloud.asked == 1, "waiting would change nothing"


def test_where_no_setting_refers_to_a_secret_nothing_is_proved() -> None:
    class Nothing:
        refreshed = 0

        def refresh(self, site: Any) -> None:
            self.refreshed += 1

        def settings(self, site: Any) -> dict[str, str]:
            return {"ONEFLOW_USER_EMAIL": "someone@contoso.example", "DATAVERSE_CLIENT_SECRET": " "}

        def references(self, site: Any) -> dict[str, Any]:
            return {}

    arm: Any = Nothing()
    assert Refresh(arm, Vaults(Anybody()), {}, lambda: Shown({"X": "y"}), lambda _: None).run(300) == []


@pytest.mark.parametrize("status", ["AccessToKeyVaultDenied", "MSINotEnabled"])
def test_what_the_platform_refuses_is_not_waited_for(cloud: Cloud, status: str) -> None:
    cloud.refused = status
    slept: list[float] = []
    arm = ResourceManager(Anybody(), {"AZURE_RESOURCE_MANAGER": cloud.url})
    site = {"subscription": SUBSCRIPTION, "group": GROUP, "app": APP}
    found = Refresh(arm, Vaults(Anybody()), site, _health_of(cloud.url), slept.append, every=10).run(900)
    assert len(slept) == 2 and not any(one.in_use for one in found)
    assert all("the platform could not read it" in one.text for one in found)


def test_what_is_not_fetched_yet_is_waited_for(cloud: Cloud) -> None:
    cloud.refused = "Initialized"
    slept: list[float] = []
    arm = ResourceManager(Anybody(), {"AZURE_RESOURCE_MANAGER": cloud.url})
    site = {"subscription": SUBSCRIPTION, "group": GROUP, "app": APP}
    cloud.stuck.add("sync_jobs")
    cloud.rotate("oneflow-api-token", "new")
    found = Refresh(arm, Vaults(Anybody()), site, _health_of(cloud.url), slept.append, every=10).run(100)
    assert len(slept) == 9 and not all(one.in_use for one in found)


def test_a_file_that_nobody_wrote_yet_is_told_with_what_writes_it(terminal: Terminal, tmp_path: Path) -> None:
    done = terminal.azure("refresh", file=tmp_path / "prod.env")
    said = " ".join(done.err.split())
    assert done.code == 1 and "FileNotFoundError" in said and "azure env --resource-group NAME --out" in said
    assert "doctor" not in said, "which would say the same"


def test_a_patience_below_nothing_is_a_wrong_command(terminal: Terminal, tmp_path: Path) -> None:
    assert terminal.azure("refresh", "--patience", "-5", file=prod(terminal, tmp_path)).code == 2


def test_who_may_not_refresh_is_told(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    file = prod(terminal, tmp_path)
    cloud.denied.add("/appsettings/refresh")
    done = terminal.azure("refresh", "--patience", "0", file=file)
    assert done.code == 1 and "Contributor" in done.err


ASKED = {
    "to fetch anew": "/appsettings/refresh",
    "the app's settings": "/config/appsettings/list",
    "its references": "/configreferences/appsettings",
    "a secret": "/secrets/oneflow-api-token",
}


@pytest.mark.parametrize("what", ASKED)
def test_a_temporary_answer_of_azure_is_asked_again_after_the_time_it_names(cloud: Cloud, what: str) -> None:
    _, new = old_and_new(cloud)
    cloud.failing = {ASKED[what]: 2}
    told = Shown(new, {"reconcile": [new], "sync_jobs": [new]})
    found, slept = looked(cloud, cycle([told]))
    assert len(found) == 3 and all(one.in_use for one in found)
    assert slept == ([] if what == "its references" else [7.0, 7.0]) + [10.0, 10.0] and cloud.failing[ASKED[what]] == 0


def test_references_that_the_platform_does_not_tell_of_are_no_reason_to_end(cloud: Cloud) -> None:
    """What health shows is proved all the same; of what it does not show, what is missing is said."""
    old, new = old_and_new(cloud)
    cloud.failing = {"/configreferences/appsettings": 1000}
    whole = Shown(new, {"reconcile": [new], "sync_jobs": [new]})
    assert all(one.in_use for one in looked(cloud, cycle([whole]))[0])
    cloud.failing, cloud.denied = {}, {"/configreferences/appsettings"}
    found, _ = looked(cloud, cycle([Shown(old, {"reconcile": [old], "sync_jobs": [old]})]))
    by_name = {one.name: one for one in found}
    token = by_name.pop("ONEFLOW_API_TOKEN")
    assert not token.in_use and "How the platform stands with its reference is not known" in token.text
    assert "status 403" in token.text and all(one.in_use for one in by_name.values())


def test_where_the_platform_does_not_fetch_for_now_it_is_asked_at_each_look_and_what_was_not_done_is_said(
    cloud: Cloud,
) -> None:
    old, _ = old_and_new(cloud)
    cloud.failing = {"/appsettings/refresh": 1000}
    seen = cycle([Shown(old, {"reconcile": [old], "sync_jobs": [old]})])
    found, slept = looked(cloud, seen)
    assert slept == [7.0] * 3 + [10.0] * 29, "a look waits no longer than a look"
    by_name = {one.name: one for one in found}
    assert "did not take the order to fetch anew: azure answered" in by_name["ONEFLOW_API_TOKEN"].text
    assert by_name["ONEFLOW_SIGN_KEYS"].in_use, "nothing new is there to be fetched"
    cloud.failing = {"/appsettings/refresh": 6}
    assert "fetch anew" not in str(looked(cloud, seen)[0]) and cloud.refreshed == 1


def test_a_secret_that_cannot_be_read_for_now_leaves_the_others(cloud: Cloud) -> None:
    cloud.failing = {"/secrets/oneflow-api-token": 1000}
    used = {name: digest(name, value) for name, value in cloud.used.items()}
    found, _ = looked(cloud, cycle([Shown(used, {"reconcile": [used], "sync_jobs": [used]})]))
    (token,) = [one for one in found if one.name == "ONEFLOW_API_TOKEN"]
    assert not token.in_use and "could not be read: key vault answered" in token.text
    assert len(found) == 3


def test_without_the_apps_settings_nothing_is_known_and_the_remedy_is_told(
    cloud: Cloud, terminal: Terminal, tmp_path: Path
) -> None:
    file = prod(terminal, tmp_path)
    cloud.denied.add("/config/appsettings/list")
    done = terminal.azure("refresh", "--patience", "0", file=file)
    assert done.code == 1 and "Contributor" in done.err


def test_refresh_needs_to_know_where_the_app_is(terminal: Terminal) -> None:
    done = terminal.azure("refresh")
    assert done.code == 1 and "azure env" in done.err


class Anybody:
    """A credential that the cloud takes."""

    def get_token(self, *scopes: str, **_: Any) -> Any:
        return type("Token", (), {"token": "the-person's-token"})()


def looked(cloud: Cloud, answers: Iterator[Shown]) -> tuple[list[Told], list[float]]:
    """What a refresh finds that is answered so, and how long it waited each time."""
    slept: list[float] = []
    site = {"subscription": SUBSCRIPTION, "group": GROUP, "app": APP}
    arm = ResourceManager(Anybody(), {"AZURE_RESOURCE_MANAGER": cloud.url})
    return Refresh(arm, Vaults(Anybody()), site, lambda: next(answers), slept.append, every=10).run(300), slept


def old_and_new(cloud: Cloud) -> tuple[dict[str, str], dict[str, str]]:
    old = {name: digest(name, value) for name, value in cloud.used.items()}
    cloud.rotate("oneflow-api-token", "new")
    return old, {**old, "ONEFLOW_API_TOKEN": digest("ONEFLOW_API_TOKEN", "new")}


def test_it_waits_until_all_answers_of_three_looks_agree(cloud: Cloud) -> None:
    """Instances answer in turn: the first that has the new value proves nothing of the others."""
    old, new = old_and_new(cloud)
    whole = [new] * ANSWERS
    told = [old, *whole, {}, *whole, *whole, new, old, *whole, *whole, *whole, old]
    answers = iter([Shown(one, {"reconcile": [new], "sync_jobs": [new]}) for one in told])
    found, slept = looked(cloud, answers)
    assert all(one.in_use for one in found) and len(found) == 3
    assert (len(list(answers)), slept) == (1, [10.0] * 8)


def test_one_of_several_instances_that_keeps_the_old_value_is_seen(cloud: Cloud) -> None:
    """Also where three looks in a row happen upon the others."""
    old, new = old_and_new(cloud)
    turns = cycle([new, new, new, new, old])
    found, _ = looked(cloud, (Shown(one, {"reconcile": [new], "sync_jobs": [new]}) for one in turns))
    (token,) = [one for one in found if one.name == "ONEFLOW_API_TOKEN"]
    assert not token.in_use


def test_an_app_without_an_answer_uses_nothing_that_is_known(cloud: Cloud) -> None:
    assert _health_of("http://127.0.0.1:9")() == Shown({})
    answers: tuple[Any, ...] = ([], {"secrets": None}, {"secrets": []}, "ok")
    for answer in answers:
        assert shown(answer) == Shown({})


@pytest.mark.parametrize("note", ["reconcile", None, {}, {"function": "reconcile"}, {"function": "x", "secrets": {}}])
def test_a_note_of_another_shape_is_none(note: Any) -> None:
    """Of an app of another version, or of what stands before it."""
    assert shown({"secrets": {}, "secrets_by_function": [note]}) == Shown({}, {"reconcile": [], "sync_jobs": []})


# --- digests ----------------------------------------------------------------------------------------------------------


def test_a_digest_tells_versions_apart_and_is_of_one_setting() -> None:
    first, second = digest("ONEFLOW_API_TOKEN", "first"), digest("ONEFLOW_API_TOKEN", "second")
    assert first == digest("ONEFLOW_API_TOKEN", "first") and len(first) == 6
    assert len({first, second, digest("ONEFLOW_SIGN_KEYS", "first")}) == 3


def test_digests_are_of_every_secret_that_is_set_and_say_what_did_not_arrive() -> None:
    reference = "@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/x/)"
    env = {
        "ONEFLOW_API_TOKEN": "a",
        "ONEFLOW_SIGN_KEYS": reference,
        "ONEFLOW_USER_EMAIL": "b",
        "ONEFLOW_WEBHOOK_KEY": " ",
    }
    assert digests(env) == {"ONEFLOW_API_TOKEN": digest("ONEFLOW_API_TOKEN", "a"), "ONEFLOW_SIGN_KEYS": UNRESOLVED}
    example = (Path(__file__).resolve().parents[2] / "local.settings.example.json").read_text()
    assert all(f'"{name}": ""' in example for name in SECRETS)
