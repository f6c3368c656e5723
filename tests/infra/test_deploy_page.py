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
from tests.infra.shell_blocks import blocks, not_plain, swallowed, undefined, unmarked
from tests.infra.test_infra import GIVEN, MAIN, app_settings, taken

DEPLOY = (ROOT / "docs/deploy.md").read_text()
OPERATE = (ROOT / "docs/operate.md").read_text()
# What `azure env` writes for an app that infra/ made.
FILES: dict[str, set[str]] = {
    "prod.env": {*names.PLACES, *chosen({name: str(value) for name, value in app_settings().items()})[0]},
    ".data/sandbox.env": set(),  # of `make run`
    ".venv-cli/bin/activate": set(),  # of `make tool`
}


@pytest.mark.parametrize("page", list(pages()), ids=lambda page: str(page.relative_to(ROOT)))
def test_no_step_uses_a_name_that_no_step_before_it_sets(page: Path) -> None:
    text = page.read_text()
    assert undefined(text, FILES) == []
    assert unmarked(text) == [], "put it between fences, where it is looked at"
    assert not_plain(text) == [], "not every shell knows it"
    assert swallowed(text) == [], "end the block with what asks, and begin another"


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
        (". ./other.env", "other.env"),
        (". .venv-cli/bin/activate; python -m cli --env other.env doctor", "other.env"),
        (".venv/bin/python -m cli --env ./other.env doctor", "other.env"),
        ('.venv/bin/python -m cli --env="other.env" doctor', "other.env"),
        ("az login; python -m cli doctor", "python -m cli outside a virtual environment"),
        ('KEY="$(python -m cli keys new)"', "python -m cli outside a virtual environment"),
    ],
)
def test_a_name_that_no_step_defines_is_found(block: str, told: str) -> None:
    assert undefined(f"```sh\n{block}\n```\n", FILES) == [f"line 2: {told}"]


def test_what_a_file_sets_is_not_known_where_another_one_is_sourced() -> None:
    assert undefined('```sh\n. ./other.env\necho "$PUBLIC_URL"\n```\n', FILES) == [
        "line 2: other.env",
        "line 2: $PUBLIC_URL",
    ]


def test_a_file_that_the_page_makes_is_there_only_from_then_on() -> None:
    use, make = ".venv/bin/python -m cli --env prod.env doctor", ".venv/bin/python -m cli azure env --out prod.env"
    assert undefined(f"```sh\n{use}\n{make}\n{use}\n```\n", FILES) == ["line 2: prod.env"]


@pytest.mark.parametrize("pip", ["pip", "pip3", "sudo pip", "python3 -m pip", "make setup && pip"])
def test_packages_that_would_go_into_the_systems_python_are_found(pip: str) -> None:
    """Debian's and Homebrew's refuse it ("externally managed environment")."""
    found = undefined(f"```sh\n{pip} install -r requirements-cli.txt\n```\n", FILES)
    assert len(found) == 1 and "outside a virtual environment" in found[0]
    activated = f"```sh\n. .venv-cli/bin/activate\n```\n```sh\n{pip} install -r requirements-cli.txt\n```\n"
    assert undefined(activated, FILES) == []


def test_the_environment_that_the_pages_use_is_what_make_tool_makes() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert "scripts/venv .venv-cli " in makefile.partition("\ntool: ")[2].partition("\n\n")[0]
    for page in pages():
        text = page.read_text()
        assert ".venv-cli/bin/activate" not in text or "make tool" in text or "cli.md" in text, page.name


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


def test_a_command_that_would_be_read_as_the_answer_is_found() -> None:
    assert swallowed("```sh\nstty -echo; read -r TOKEN; stty echo\naz login\n```\n") == ["line 2: az login"]
    assert swallowed("```sh\naz login\nread -r TOKEN; stty echo\n```\n```sh\naz login\n```\n") == []


def test_the_package_is_named_where_other_archives_may_lie_beside_it() -> None:
    """`make solution` puts the solution's into the same folder."""
    assert "--src dist/*" not in DEPLOY and "dist/dynamics-oneflow-sync-*.zip" in DEPLOY


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
    told = set(re.findall(r"azd env set ([A-Z_]+)", DEPLOY + OPERATE)) | set(re.findall(r"(NEW_[A-Z_]+)=", DEPLOY))
    assert len(told) >= 6 and told <= set(taken(GIVEN))
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
