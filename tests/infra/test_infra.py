"""The infrastructure, held against the code that it is for."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from azure.data.tables import TableClient, TableServiceClient
from azure.storage.queue import QueueClient

from sync_core.handlers.files import files
from sync_core.handlers.routes import PEOPLE
from sync_core.telemetry import metrics
from tests.infra.bicep import ROOT, Expression, Parameter, everything, read, resources, strings
from tests.test_function_app import MACHINE_ROUTES, OPEN_ROUTES
from tests.test_function_app import read as functions

STORAGE = ROOT / "sync_core/adapters/storage"
MAIN, INNER = read(ROOT / "infra/main.bicep"), read(ROOT / "infra/resources.bicep")

# Settings of the example that Azure gets otherwise, or must not get.
ELSEWHERE = {
    "FUNCTIONS_WORKER_RUNTIME",  # the site's functionAppConfig says it; Flex Consumption refuses the setting
    "AzureWebJobsStorage",  # a connection string holds a key; by name and identity instead
    "SYNC_LOCAL_USER",  # for machines outside Azure
}
REFUSED_BY_FLEX = {
    "FUNCTIONS_EXTENSION_VERSION", "FUNCTIONS_WORKER_RUNTIME", "FUNCTIONS_WORKER_RUNTIME_VERSION",
    "FUNCTIONS_WORKER_PROCESS_COUNT", "FUNCTIONS_WORKER_DYNAMIC_CONCURRENCY_ENABLED",
    "FUNCTIONS_MAX_HTTP_CONCURRENCY", "SCM_DO_BUILD_DURING_DEPLOYMENT", "ENABLE_ORYX_BUILD",
    "WEBSITE_RUN_FROM_PACKAGE", "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING", "WEBSITE_CONTENTSHARE",
    "WEBSITE_VNET_ROUTE_ALL",
}  # fmt: skip

# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
ROLES = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": {"blob container", "blob read", "blob write", "blob delete"},
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": {
        "queue read", "queue write", "queue delete",
        "message read", "message write", "message process", "message delete",
    },
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": {
        "table read", "table write", "table delete", "entity read", "entity write", "entity delete",
    },
    "3913510d-42f4-4e42-8a64-420c390055eb": {"telemetry write"},
    "4633458b-17de-408a-b874-0445c86b69e6": {"secret read"},
}  # fmt: skip
OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"  # Key Vault Secrets Officer, for a person
# What each call of the storage packages needs.
NEEDS = {
    "create_table": {"table write"},
    "create_entity": {"entity write"},
    "upsert_entity": {"entity write"},
    "update_entity": {"entity write"},
    "delete_entity": {"entity delete"},
    "get_entity": {"entity read"},
    "query_entities": {"entity read"},
    "list_entities": {"entity read"},
    "list_tables": {"table read"},
    "submit_transaction": {"entity write", "entity delete"},
    "create_queue": {"queue write"},
    "send_message": {"message write"},
    "get_queue_properties": {"queue read"},
    "peek_messages": {"message read"},
}
# What the Functions host does by itself: takes and deletes messages; package, keys and timer leases are blobs.
HOST_NEEDS = {
    "message read", "message process", "message delete", "message write", "queue read",
    "blob container", "blob read", "blob write", "blob delete", "secret read", "telemetry write",
}  # fmt: skip


def app_settings() -> dict[str, str]:
    (found,) = [one for one in resources("Microsoft.Web/sites/config") if one.body["name"] == "appsettings"]
    return found.properties


def test_no_key_opens_anything() -> None:
    (account,) = resources("Microsoft.Storage/storageAccounts")
    assert account.properties["allowSharedKeyAccess"] is False
    assert account.properties["allowBlobPublicAccess"] is False
    (component,) = resources("Microsoft.Insights/components")
    assert component.properties["DisableLocalAuth"] is True
    (workspace,) = resources("Microsoft.OperationalInsights/workspaces")
    assert workspace.properties["features"]["disableLocalAuth"] is True
    (site,) = resources("Microsoft.Web/sites")
    deployment = site.properties["functionAppConfig"]["deployment"]["storage"]
    assert deployment["authentication"]["type"] == "UserAssignedIdentity"
    policies = resources("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    assert {one.body["name"]: one.properties["allow"] for one in policies} == {"ftp": False, "scm": False}
    assert app_settings()["AzureWebJobsStorage__credential"] == "managedidentity"
    forbidden = re.compile(
        r"list(Keys|Secrets|AccountSas|ServiceSas|Credentials)|AccountKey|SharedAccessKey|sig=", re.I
    )
    for file in everything():
        values = (file.variables, file.outputs, {name: inner for name, (_, inner) in file.modules.items()})
        for text in strings([*(one.body for one in file.resources), *values]):
            assert not forbidden.search(text), f"{file.name}: {text}"


def test_secrets_come_in_protected_and_never_go_out() -> None:
    for file in everything():
        secure = {name for name, one in file.parameters.items() if any("@secure()" in each for each in one.decorators)}
        suspicious = {name for name in file.parameters if re.search(r"secret|token|password|keys?$", name, re.I)}
        assert suspicious == secure, file.name
        for name, value in file.outputs.items():
            assert not re.search(r"ConnectionString|InstrumentationKey|getSecret", str(value)), (file.name, name)
            assert not any(re.search(rf"\b{one}\b", str(value)) for one in secure), (file.name, name)
        # Only a secret of the vault, or the next file, may hold one.
        for one in file.resources:
            used = {name for name in secure for text in strings(one.body) if re.search(rf"\b{name}\b", text)}
            assert not used or one.type == "Microsoft.KeyVault/vaults/secrets", (file.name, one.symbol)


def test_every_connection_is_encrypted_by_tls_1_2_or_newer() -> None:
    (account,) = resources("Microsoft.Storage/storageAccounts")
    assert account.properties["minimumTlsVersion"] in ("TLS1_2", "TLS1_3")
    assert account.properties["supportsHttpsTrafficOnly"] is True
    (site,) = resources("Microsoft.Web/sites")
    assert site.properties["httpsOnly"] is True
    config = site.properties["siteConfig"]
    assert (config["minTlsVersion"], config["scmMinTlsVersion"]) in (("1.2", "1.2"), ("1.3", "1.3"))
    assert config["ftpsState"] == "Disabled"


def test_every_setting_of_the_example_is_set() -> None:
    example = set(json.loads((ROOT / "local.settings.example.json").read_text())["Values"])
    given = set(app_settings())
    assert example - ELSEWHERE <= given
    assert not given & REFUSED_BY_FLEX
    unknown = {
        name for name in given - example
        if not name.startswith(("AzureWebJobsStorage__", "APPLICATIONINSIGHTS_"))
    }  # fmt: skip
    assert not unknown, "a setting that nothing reads"


def test_each_secret_setting_is_a_reference_to_a_secret_of_the_vault() -> None:
    kept = {one.body["name"] for one in resources("Microsoft.KeyVault/vaults/secrets")}
    referred = {}
    for name, value in app_settings().items():
        found = re.search(r"@Microsoft\.KeyVault\(SecretUri=\$\{vaultUri\}secrets/([\w-]+)/\)", value)
        if found:
            referred[name] = found[1]
    secret = {"ONEFLOW_API_TOKEN", "ONEFLOW_SIGN_KEYS", "ONEFLOW_WEBHOOK_KEY", "DATAVERSE_CLIENT_SECRET"}
    assert set(referred) == secret
    assert set(referred.values()) == kept


def test_every_queue_and_table_that_the_code_names_is_created() -> None:
    variables = read(ROOT / "infra/modules/storage.bicep").variables
    triggers = [one for each in functions()["functions"].values() for one in each if one["type"] == "queueTrigger"]
    queues = {one["queueName"] for one in triggers} | set(_named("queue"))
    assert queues and set(variables["queueNames"]) == queues
    tables = set(_named("table"))
    assert len(tables) >= 7 and set(variables["tableNames"]) == tables


def test_the_roles_suffice_for_what_code_and_host_call_and_no_more_are_given() -> None:
    calls = set(_storage_calls())
    assert {"submit_transaction", "send_message"} <= calls
    assert calls <= set(NEEDS), "say what the new call needs"
    needed = HOST_NEEDS.union(*(NEEDS[call] for call in calls))
    given = _roles_given() - {OFFICER}
    assert given == set(ROLES)
    assert needed <= set().union(*(ROLES[role] for role in given))
    for role in given:
        assert ROLES[role] & needed, f"nothing needs role {role}"


def test_no_role_reaches_beyond_one_resource() -> None:
    for assignment in resources("Microsoft.Authorization/roleAssignments"):
        assert isinstance(assignment.body["scope"], Expression), assignment.symbol
        assert assignment.body["scope"] in ("account", "vault", "applicationInsights")


def test_only_what_anyone_may_call_and_the_machines_routes_need_no_sign_in() -> None:
    (auth,) = [one for one in resources("Microsoft.Web/sites/config") if one.body["name"] == "authsettingsV2"]
    validation = auth.properties["globalValidation"]
    assert validation["requireAuthentication"] is True
    assert validation["unauthenticatedClientAction"] == "Return401"
    excluded = validation["excludedPaths"]
    people = [f"/api/{_filled(route)}" for _, _, route, _ in PEOPLE]
    # Whether the platform takes an entry for a whole path or for the beginning of one.
    assert not [path for path in people for entry in excluded if path.startswith(entry.rstrip("*"))]
    routes = [route for _, route in (OPEN_ROUTES | MACHINE_ROUTES).values() if "{" not in route]
    for path in [f"/api/{route}" for route in routes] + [f"/api/ui/{name}" for name in (*files(), "config.json")]:
        assert any(path == one or (one.endswith("*") and path.startswith(one[:-1])) for one in excluded), path


def test_only_dynamics_may_call_from_a_page_of_its_own() -> None:
    (site,) = resources("Microsoft.Web/sites")
    assert site.properties["siteConfig"]["cors"] == {
        "allowedOrigins": ["trimmedDataverseUrl"],
        "supportCredentials": False,
    }


def test_an_alert_watches_for_lines_that_the_app_writes() -> None:
    variables = read(ROOT / "infra/modules/alerts.bicep").variables
    code = "\n".join(path.read_text() for path in (ROOT / "sync_core").rglob("*.py"))
    names = {alert["name"] for alert in variables["alerts"]}
    assert {"dead-letters", "poison-queue", "failing-syncs", "drift", "reconcile-not-run"} <= names
    watched = [line for alert in variables["alerts"] for line in re.findall(r'startswith "([^"]+)"', alert["query"])]
    assert len(watched) >= 6
    for line in watched:
        assert re.search(rf'"{re.escape(line)}[ "]', code), line
    measured = {one.name for one in metrics.ALL}
    for name in (
        name for alert in variables["alerts"] for name in re.findall(r'Name == "(sync\.\w+)"', alert["query"])
    ):
        assert name in measured, name
    for error in ("ConnectionBroken", "ConfigurationError"):
        assert f"class {error}(" in code


def test_the_host_sends_telemetry_and_carries_the_apps_lines() -> None:
    assert json.loads((ROOT / "host.json").read_text())["telemetryMode"] == "OpenTelemetry"
    # With either, the host leaves the log lines to a worker that would have to send them itself: the alerts' lines.
    assert not {"PYTHON_ENABLE_OPENTELEMETRY", "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY"} & set(app_settings())


def test_logs_of_everything_that_holds_data_go_to_the_workspace() -> None:
    """Of storage, whose lines outnumber all others, where a parameter asks for them."""
    scopes = {one.body["scope"]: one.properties for one in resources("Microsoft.Insights/diagnosticSettings")}
    assert set(scopes) == {"site", "vault", "account::blobs", "account::queueService", "account::tableService"}
    for scope, properties in scopes.items():
        assert properties["workspaceId"] == "workspaceId"
        logs = properties["logs"]
        if scope == "site":
            assert "category: 'FunctionAppLogs'\n        enabled: true" in logs
        else:
            wanted = "storageLogs" if scope.startswith("account") else True
            assert logs and all(log["enabled"] == wanted for log in logs), scope


def test_what_a_plan_may_not_offer_is_not_even_named_unless_it_is_asked_for() -> None:
    """An unsupported category fails the deployment, also where it is not enabled."""
    (site,) = [one for one in resources("Microsoft.Insights/diagnosticSettings") if one.body["scope"] == "site"]
    always, _, asked = str(site.properties["logs"]).partition("authenticationLogs ?")
    assert "AppServiceAuthenticationLogs" in asked and "AppServiceAuthenticationLogs" not in always
    assert MAIN.parameters["authenticationLogs"].default is False


def test_what_costs_by_the_line_is_off_or_bounded_unless_it_is_asked_for() -> None:
    defaults = {name: MAIN.parameters[name].default for name in ("storageLogs", "platformMetrics", "dailyLogCapGb")}
    assert defaults == {"storageLogs": False, "platformMetrics": False, "dailyLogCapGb": 1}
    (workspace,) = resources("Microsoft.OperationalInsights/workspaces")
    assert workspace.properties["workspaceCapping"]["dailyQuotaGb"] == "dailyCapGb == 0 ? -1 : dailyCapGb"
    for one in resources("Microsoft.Insights/diagnosticSettings"):
        assert [metric["enabled"] for metric in one.properties["metrics"]] == ["platformMetrics"]


def test_a_deleted_vault_is_taken_back_only_where_that_is_asked() -> None:
    (vault,) = resources("Microsoft.KeyVault/vaults")
    assert vault.properties["createMode"] == "recover ? 'recover' : 'default'"
    assert INNER.modules["vault"][1]["recover"] == "recoverVault"
    assert MAIN.parameters["recoverVault"].default is False


def test_a_subscription_and_a_resource_group_are_deployed_with_the_same_parameters() -> None:
    extra = {"resourceGroupName"}
    assert set(MAIN.parameters) - extra == set(INNER.parameters)
    path, passed = MAIN.modules["resources"]
    assert path == "resources.bicep" and passed == {name: name for name in INNER.parameters}
    assert set(MAIN.outputs) - extra == set(INNER.outputs)
    for name, one in MAIN.parameters.items():
        assert any("@description(" in each for each in one.decorators), name
        if name not in extra | {"location"}:
            assert one.default == INNER.parameters[name].default, name
            assert _rules(one.decorators) == _rules(INNER.parameters[name].decorators), name


@pytest.mark.parametrize("name", ["functionAppName", "functionAppUrl", "principalId", "clientId", "keyVaultName",
                                  "storageAccountName"])  # fmt: skip
def test_the_next_step_finds_what_it_needs_in_the_outputs(name: str) -> None:
    assert name in MAIN.outputs


# What `azd` does not set from its environment, and why. A name here is one that somebody thought about.
NOT_BY_AZD = {
    "resourceGroupName": "follows from environmentName; into a group that exists goes resources.bicep",
    "privateDnsZoneIds": "azd hands an object on as text; it is written into main.parameters.json where it is needed",
}


_KINDS: dict[str, type] = {"object": dict, "string": str}


def unmapped(parameters: Mapping[str, Parameter], given: Mapping[str, Any]) -> list[str]:
    """Parameters that azd neither sets nor is known to leave out, and mappings that would not arrive."""
    found = [f"{name} is not mapped" for name in parameters if name not in given and name not in NOT_BY_AZD]
    found += [f"{name} is no parameter" for name in given if name not in parameters]
    for name in set(given) & set(parameters):
        one, value = parameters[name], str(given[name]["value"])
        mapped = re.fullmatch(r"\$\{([A-Z][A-Z0-9_]*)(?:=(.*))?\}", value)
        default = one.default if isinstance(one.default, str) else json.dumps(one.default)
        if name in NOT_BY_AZD:
            # Written into the file by hand, as it is: azd has no part in it.
            if not isinstance(given[name]["value"], _KINDS[one.kind]) or "${" in value:
                found.append(f"{name}: azd hands a value of type {one.kind} on as text; write the value itself")
        elif mapped is None:
            found.append(f"{name}: {value} is not ${{NAME}} or ${{NAME=default}}")
        elif one.kind not in ("string", "int", "bool"):
            found.append(
                f"{name}: azd hands a value of type {one.kind} on as text; say in NOT_BY_AZD why it is left out"
            )
        elif mapped[2] is not None and mapped[2] != default:
            found.append(f"{name}: its default there is {mapped[2]}, and {default} in main.bicep")
        elif mapped[2] is None and one.kind != "string" and one.default is not None:
            found.append(f"{name}: unset it would be the empty text, which is no {one.kind}")
    return found


GIVEN = json.loads((ROOT / "infra/main.parameters.json").read_text())["parameters"]


def test_azd_sets_every_parameter_that_is_not_left_out_on_purpose() -> None:
    assert unmapped(MAIN.parameters, GIVEN) == []
    assert set(NOT_BY_AZD) <= set(MAIN.parameters)
    names = taken(GIVEN)
    assert len(names) == len(set(names))


def taken(given: Mapping[str, Any]) -> list[str]:
    """What the file takes from azd's environment."""
    found = [re.match(r"\$\{(\w+)", one["value"]) for one in given.values() if isinstance(one["value"], str)]
    return [one[1] for one in found if one]


ZONES = {name: f"/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/privateDnsZones/{name}"
         for name in ("blob", "queue", "table", "vault")}  # fmt: skip


def test_zones_that_somebody_wrote_into_the_file_as_the_page_says_are_no_fault() -> None:
    given = GIVEN | {"privateDnsZoneIds": {"value": ZONES}, "resourceGroupName": {"value": "rg-of-ours"}}
    assert unmapped(MAIN.parameters, given) == []
    assert taken(given) == taken({name: one for name, one in GIVEN.items() if name not in NOT_BY_AZD})


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({name: one for name, one in GIVEN.items() if name != "alertEmails"}, "alertEmails is not mapped"),
        (GIVEN | {"alertEmail": {"value": "${ALERT_EMAIL}"}}, "alertEmail is no parameter"),
        (GIVEN | {"privateDnsZoneIds": {"value": "${ZONES}"}}, "of type object on as text"),
        (GIVEN | {"privateDnsZoneIds": {"value": {**ZONES, "blob": "${ZONE}"}}}, "of type object on as text"),
        (GIVEN | {"historyDays": {"value": "${SYNC_HISTORY_DAYS=30}"}}, "and 365 in main.bicep"),
        (GIVEN | {"historyDays": {"value": "${SYNC_HISTORY_DAYS}"}}, "which is no int"),
        (GIVEN | {"publicUrl": {"value": "https://fixed.example"}}, "is not ${NAME}"),
    ],
)
def test_a_fault_in_what_azd_sets_is_found(given: Mapping[str, Any], told: str) -> None:
    assert any(told in one for one in unmapped(MAIN.parameters, given))


def test_azd_asks_for_whom_to_alert_and_knows_who_deploys() -> None:
    """What has no default and is not set is asked for; who deploys, and what they are, azd fills in by itself."""
    assert MAIN.parameters["alertEmails"].default is None
    assert "@minLength(6)" in _rules(MAIN.parameters["alertEmails"].decorators), "an empty one would alert nobody"
    assert GIVEN["alertEmails"]["value"] == "${ALERT_EMAILS}"
    assert GIVEN["operatorPrincipalId"]["value"] == "${AZURE_PRINCIPAL_ID}"
    assert GIVEN["operatorPrincipalType"]["value"] == "${AZURE_PRINCIPAL_TYPE=User}"


def test_no_receiver_of_alerts_is_without_an_address() -> None:
    """Such a one, as a list with a comma at its end makes it, fails the deployment."""
    addresses = read(ROOT / "infra/modules/monitoring.bicep").variables["addresses"]
    assert addresses == "filter(split(replace(alertEmails, ' ', ''), [',', ';']), address => !empty(address))"


def test_azd_finds_what_it_deploys() -> None:
    service = re.search(r"services:\n  (\w+):\n", (ROOT / "azure.yaml").read_text())
    (site,) = resources("Microsoft.Web/sites")
    assert service and f"'azd-service-name': '{service[1]}'" in site.body["tags"]


def test_the_python_in_azure_is_one_that_the_project_supports() -> None:
    decorators = " ".join(MAIN.parameters["pythonVersion"].decorators)
    allowed = re.search(r"@allowed\(\[(.*?)\]\)", decorators)
    assert allowed is not None
    versions = re.findall(r"'(3\.\d+)'", allowed[1])
    assert versions and set(versions) <= {"3.11", "3.12", "3.13"}
    assert MAIN.parameters["pythonVersion"].default in versions


def _named(kind: str) -> Iterator[str]:
    """What the storage adapters give to `storage.table(...)` or `storage.queue(...)`, by the constants they use."""
    for path in sorted(STORAGE.glob("*.py")):
        constants = _constants(path)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == kind:
                (argument,) = node.args
                assert isinstance(argument, ast.Name | ast.Constant), (
                    f"{path.name}:{node.lineno}: name it by a constant"
                )
                name = constants[argument.id] if isinstance(argument, ast.Name) else argument.value
                assert isinstance(name, str), f"{path.name}:{node.lineno}: a name is text"
                yield name


def _constants(path: Path) -> dict[str, str]:
    """A module's text constants, also those it imports from a neighbour."""
    found: dict[str, str] = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("sync_core.adapters.storage."):
            other = _constants(STORAGE / f"{node.module.rpartition('.')[2]}.py")
            found |= {one.asname or one.name: other[one.name] for one in node.names if one.name in other}
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                names = target.elts if isinstance(target, ast.Tuple) else [target]
                values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
                for name, value in zip(names, values, strict=False):
                    if isinstance(name, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
                        found[name.id] = value.value
    return found


def _storage_calls() -> Iterator[str]:
    """The methods of the storage packages' clients that the adapters call."""
    theirs = {
        name
        for client in (TableClient, TableServiceClient, QueueClient)
        for name, _ in inspect.getmembers(client, inspect.isfunction)
        if not name.startswith("_") and name not in ("close", "from_connection_string")
    }
    for path in STORAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in theirs:
                yield node.attr


def _roles_given() -> set[str]:
    found: set[str] = set()
    for file in everything():
        for text in strings([file.variables, *(one.body for one in file.resources)]):
            found |= set(re.findall(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", text))
    return found


def _rules(decorators: tuple[str, ...]) -> set[str]:
    lines = (line.strip() for each in decorators for line in each.splitlines())
    return {line for line in lines if line and not line.startswith("@description(")}


def _filled(route: str) -> str:
    return re.sub(r"\{[^}]*\}", "x", route)
