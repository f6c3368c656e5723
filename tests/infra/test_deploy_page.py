"""docs/deploy.md and docs/operate.md can be followed: no step uses what no step before it set."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import typer.main

from cli.app import app
from cli.azure import names
from cli.azure.settings_file import chosen
from tests.infra.bicep import ROOT
from tests.infra.queries import pages
from tests.infra.shell_blocks import blocks, not_plain, undefined, unmarked
from tests.infra.test_infra import GIVEN, MAIN, app_settings

DEPLOY = (ROOT / "docs/deploy.md").read_text()
OPERATE = (ROOT / "docs/operate.md").read_text()
# What `azure env` writes for an app that infra/ made.
FILES = {"prod.env": {*names.PLACES, *chosen({name: str(value) for name, value in app_settings().items()})[0]}}


@pytest.mark.parametrize("page", list(pages()), ids=lambda page: str(page.relative_to(ROOT)))
def test_no_step_uses_a_name_that_no_step_before_it_sets(page: Path) -> None:
    text = page.read_text()
    assert undefined(text, FILES) == []
    assert unmarked(text) == [], "put it between fences, where it is looked at"
    assert not_plain(text) == [], "not every shell knows it"


def test_a_plain_shell_reads_every_block() -> None:
    for page in pages():
        for number, text in blocks(page.read_text()):
            done = subprocess.run(["sh", "-n"], input=text, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{page.name}, line {number}: {done.stderr}"


def test_the_blocks_of_the_page_are_looked_at() -> None:
    assert len(list(blocks(DEPLOY))) >= 8
    assert len(list(blocks((ROOT / "docs/cli.md").read_text()))) >= 20, "what stands after a prompt"
    assert {"PUBLIC_URL", "AZURE_FUNCTION_APP", "AZURE_KEY_VAULT"} <= FILES["prod.env"]


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ("az webapp show -n $APP", "$APP"),
        ('az webapp show -n "${APP}"', "$APP"),
        ("echo $KEY\nKEY=1", "$KEY"),
        ("az keyvault secret set --vault-name VAULT --name x", "VAULT"),
        ("az webapp show -n <app-name>", "<app-name>"),
        ("az webapp show -n YOUR-APP", "YOUR-APP"),
        ('az webapp show -n "<your app>"', "<your app>"),
        ("az group create -n rg --location=REGION", "REGION"),
        ("curl https://YOUR-APP.azurewebsites.net/api/health", "YOUR-APP"),
        ("PUBLIC_URL=https://HOST/api", "HOST"),
        ("curl -sf $PUBLIC_URL/api/health", "$PUBLIC_URL"),
        ('. ./other.env\necho "$PUBLIC_URL"', "$PUBLIC_URL"),
    ],
)
def test_a_name_that_no_step_defines_is_found(block: str, told: str) -> None:
    assert undefined(f"```sh\n{block}\n```\n", FILES) == [f"line 2: {told}"]


@pytest.mark.parametrize(
    ("opening", "line", "closing"),
    [
        (opening, "az webapp show -n $APP", closing)
        for opening, closing in (
            ("```sh", "```"), ("```bash", "```"), ("```shell", "```"), ("```zsh", "```"), ("``` sh", "```"),
            ("```", "```"), ("```text", "```"), ("~~~", "~~~"), ("~~~sh", "~~~"), ("````sh", "````"),
            ("   ```bash", "   ```"), ("```sh title=x", "```"), ("```{.sh}", "```"),
        )
    ]
    + [(opening, "$ az webapp show -n $APP\nAN $ANSWER", "```") for opening in ("```console", "```terminal", "```")],
)  # fmt: skip
def test_commands_are_looked_at_in_a_fence_of_any_kind(opening: str, line: str, closing: str) -> None:
    page = f"Do:\n\n{opening}\n{line}\n{closing}\n\nDone.\n"
    assert undefined(page, FILES) == ["line 4: $APP"] and unmarked(page) == []


@pytest.mark.parametrize(
    "block", ['```python\nprint("$APP")\n```', "```kusto\nAppTraces | take 1\n```", "```\nan answer\n```"]
)
def test_a_fence_without_commands_is_none(block: str) -> None:
    assert list(blocks(f"{block}\n")) == []


@pytest.mark.parametrize("line", ["    az group list", "        python -m cli doctor", "    $ make run", "\tazd up"])
def test_commands_that_are_only_indented_are_found(line: str) -> None:
    assert unmarked(f"Do:\n\n{line}\n") == [line.strip()]


@pytest.mark.parametrize(
    "line",
    ['read -rsp "Token: " TOKEN', "read -s TOKEN", "[[ -n x ]]", "cat <<< x", "source ./prod.env", "LIST=(a b)"],
)
def test_what_only_some_shells_know_is_found(line: str) -> None:
    assert not_plain(f"```sh\n{line}\n```\n")
    assert not not_plain('```sh\nread -r TOKEN; [ -n "$TOKEN" ]; A=$(az x)\n```\n')


@pytest.mark.parametrize(
    "block",
    [
        "APP=x\naz webapp show -n $APP",
        'KEY=$(openssl rand -hex 32)\necho "$KEY"',
        'read -r TOKEN\necho "$TOKEN"',
        'stty -echo; read -r TOKEN; stty echo\necho "$TOKEN"',
        '. ./prod.env\ncurl "$PUBLIC_URL"',
        "azd env set DATAVERSE_URL https://contoso.crm4.dynamics.com",
        "for GROUP in a b; do\n    az group show -n $GROUP\ndone",
    ],
)
def test_a_name_that_a_step_defines_is_none(block: str) -> None:
    assert undefined(f"```sh\n{block}\n```\n", FILES) == []


def test_what_azd_is_told_to_set_is_what_the_parameters_take() -> None:
    taken = {re.match(r"\$\{(\w+)", one["value"])[1] for one in GIVEN.values()}  # type: ignore[index]
    told = set(re.findall(r"azd env set ([A-Z_]+)", DEPLOY + OPERATE)) | set(re.findall(r"(NEW_[A-Z_]+)=", DEPLOY))
    assert len(told) >= 6 and told <= taken
    required = {GIVEN[name]["value"][2:-1] for name, one in MAIN.parameters.items() if one.default is None}
    by_azd = {"AZURE_ENV_NAME", "AZURE_LOCATION", "ALERT_EMAILS"}  # its own, and what it asks for
    assert required - by_azd <= told


def test_parameters_that_the_page_names_are_there() -> None:
    table = DEPLOY.partition("| parameter |")[2].partition("\n\n")[0]
    named = {name for row in re.findall(r"^\| (.*?) \|", table, re.M) for name in re.findall(r"`(\w+)`", row)}
    assert len(named) >= 10 and named <= set(MAIN.parameters)
    for name in re.findall(r" (\w+)=\S", " ".join(text for _, text in blocks(DEPLOY) if "az deployment group" in text)):
        assert name in MAIN.parameters or name == "RESOURCE_GROUP", name


def test_commands_of_the_tool_that_the_pages_name_are_there() -> None:
    top = typer.main.get_command(app)
    for page in (DEPLOY, OPERATE, (ROOT / "docs/scale.md").read_text()):
        for words in re.findall(r"python -m cli((?: --[\w-]+ [\w./-]+)*) ([a-z-]+(?: [a-z]+)?)", page):
            command = words[1].split()
            found = top.commands[command[0]]  # type: ignore[attr-defined]
            inner = getattr(found, "commands", None)
            assert inner is None or command[1:] == [] or command[1] in inner, words


def test_nothing_is_revoked_before_the_app_is_shown_to_use_the_new_secret() -> None:
    """A plain restart need not fetch anything."""
    rotate = OPERATE.partition("\n## Rotate\n")[2].partition("\n## ")[0]
    for row in re.findall(r"^\| .*(?:revoke|delete) the old one.*$", rotate, re.M):
        assert re.search(r"`azure refresh`; (?:revoke|delete) the old one", row), row
    assert "functionapp restart" not in DEPLOY + OPERATE


def test_host_json_is_as_the_page_says() -> None:
    queues = json.loads((ROOT / "host.json").read_text())["extensions"]["queues"]
    for name in ("batchSize", "newBatchThreshold"):
        assert f"`{name}` {queues[name]}" in OPERATE
    at_once = {4: "four"}[queues["batchSize"] + queues["newBatchThreshold"]]
    assert f"so {at_once} at once" in " ".join(OPERATE.split())
