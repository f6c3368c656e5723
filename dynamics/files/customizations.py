"""customizations.xml: everything that has no folder of its own, in the order that Dynamics reads it in."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from dynamics.description.app import (
    APP,
    APP_ABOUT,
    APP_SETTINGS,
    APP_TITLE,
    GROUPS,
    ICON,
    PLATFORM_ROLES,
    Area,
)
from dynamics.description.ids import id_of
from dynamics.description.pages import Page
from dynamics.description.roles import ADMINISTRATOR, Role
from dynamics.description.steps import (
    AFTERWARDS,
    ASYNCHRONOUS,
    ENDPOINT,
    ENDPOINT_ID,
    JSON,
    MESSAGE_IDS,
    NO_URL,
    WEBHOOK,
    WEBHOOK_KEY,
    Step,
)
from dynamics.description.table import Dashboard, Table, Tile
from dynamics.description.whole import Whole
from dynamics.description.words import ENGLISH, LANGUAGES
from dynamics.files.tables import entity, relationship
from dynamics.files.xml import VERSION, XSI, braced, element, labels, several

_SERVICE_ENDPOINT = 4618  # EventHandlerTypeCode
_CHART_TILE = "{E7A81278-8635-4d9e-8D4D-59480B391C5B}"
_TABLE, _VIEW, _CHART, _FORM, _SITE_MAP = "1", "26", "59", "60", "62"
_CELLS = 6  # of a tile's height


def customizations(whole: Whole) -> Element:
    table = whole.table
    return element(
        "ImportExportXml",
        element("Entities", entity(table, whole.form, whole.views, whole.charts)),
        element("Roles", *(_role(one) for one in whole.roles)),
        element("Workflows"),
        element("FieldSecurityProfiles"),
        element("Templates"),
        element("EntityMaps"),
        element("EntityRelationships", *(relationship(table, one) for one in table.relationships)),
        element("OrganizationSettings"),
        element("optionsets"),
        element("Dashboards", _dashboard(table, whole)),
        element("WebResources", *(_web_resource(page) for page in whole.pages)),
        element("CustomControls"),
        element("SdkMessageProcessingSteps", *(_step(one) for one in whole.steps)),
        element("ServiceEndpoints", _endpoint()),
        element("AppModuleSiteMaps", _site_map(whole.dashboard)),
        element("AppModules", _app(whole)),
        element("EntityDataProviders"),
        element("Languages", *(element("Language", str(one)) for one in LANGUAGES)),
        **{"xmlns:xsi": XSI},
    )


def file_of(page: Page) -> str:
    """Its entry in the zip: the name without marks, and the id."""
    plain = "".join(mark for mark in page.name if mark not in "/.-")
    return f"WebResources/{plain}{page.id.upper()}"


def _role(role: Role) -> Element:
    privileges = [element("RolePrivilege", name=name, level=level) for name, level in sorted(role.privileges)]
    return element(
        "Role",
        element("IsCustomizable", "1"),
        element("IsAutoAssigned", "0"),
        element("Description", role.about.en),
        element("RolePrivileges", *privileges),
        id=braced(role.id),
        name=role.name,
    )


def _web_resource(page: Page) -> Element:
    return element(
        "WebResource",
        *several(
            {
                "WebResourceId": braced(page.id),
                "Name": page.name,
                "DisplayName": page.path,
                "LanguageCode": str(ENGLISH),
                "WebResourceType": str(page.kind),
                "IntroducedVersion": VERSION,
                "IsEnabledForMobileClient": "0",
                "IsAvailableForMobileOffline": "0",
                "IsCustomizable": "0",
                "CanBeDeleted": "0",
                "IsHidden": "0",
                "FileName": f"/{file_of(page)}",
            }
        ),
    )


def _step(step: Step) -> Element:
    return element(
        "SdkMessageProcessingStep",
        *several(
            {
                "PrimaryEntity": step.entity,
                "AsyncAutoDelete": "1",
                "InvocationSource": "0",
                "Mode": str(ASYNCHRONOUS),
                "Rank": "1",
                "SdkMessageId": braced(MESSAGE_IDS[step.message]),
                "EventHandler": braced(ENDPOINT_ID),
                "EventHandlerTypeCode": str(_SERVICE_ENDPOINT),
                "Stage": str(AFTERWARDS),
                "IsCustomizable": "1",
                "IsHidden": "0",
                "SupportedDeployment": "0",
                "IntroducedVersion": VERSION,
            }
        ),
        Name=step.name,
        SdkMessageProcessingStepId=braced(step.id),
    )


def _endpoint() -> Element:
    return element(
        "ServiceEndpoint",
        *several(
            {
                "ConnectionMode": "1",
                "Contract": str(WEBHOOK),
                "UserClaim": "1",
                "IsCustomizable": "1",
                "AuthType": str(WEBHOOK_KEY),
                "MessageFormat": str(JSON),
                "Url": NO_URL,
            }
        ),
        ServiceEndpointId=braced(ENDPOINT_ID),
        Name=ENDPOINT,
    )


def _dashboard(table: Table, whole: Whole) -> Element:
    dashboard = whole.dashboard
    pairs = [dashboard.tiles[at : at + 2] for at in range(0, len(dashboard.tiles), 2)]
    sections = []
    for number, pair in enumerate(pairs):
        cells = element("row", *(_tile(table, whole, tile, number * 2 + at) for at, tile in enumerate(pair)))
        # A tile stands in as many rows as it is high; those below its own are empty.
        sections.append(
            element(
                "section",
                labels("labels", "label", dashboard.label),
                element("rows", cells, *(element("row") for _ in range(_CELLS - 1))),
                name=f"section{number}",
                id=braced(id_of("dashboard section", f"{dashboard.name}.{number}")),
                columns="11",
                showlabel="false",
            )
        )
    tab = element(
        "tab",
        labels("labels", "label", dashboard.label),
        element("columns", element("column", element("sections", *sections), width="100%")),
        name="tab",
        id=braced(id_of("dashboard tab", dashboard.name)),
        showlabel="false",
    )
    return element(
        "Dashboard",
        element("FormId", braced(dashboard.id)),
        labels("LocalizedNames", "LocalizedName", dashboard.label),
        *several({"IsCustomizable": "1", "IsDefault": "0", "CanBeDeleted": "1"}),
        element("FormXml", element("forms", element("form", element("tabs", tab)), type="dashboard")),
        element("IntroducedVersion", VERSION),
    )


def _tile(table: Table, whole: Whole, tile: Tile, number: int) -> Element:
    view = whole.view(tile.view)
    chart = whole.chart(tile.chart) if tile.chart else None
    parameters = {
        "ViewId": braced(view.id),
        "IsUserView": "false",
        "TargetEntityType": table.logical,
        "AutoExpand": "Fixed",
        "EnableQuickFind": "false",
        "EnableViewPicker": "false",
        "EnableJumpBar": "false",
        "ChartGridMode": "Chart" if chart else "Grid",
        **({"VisualizationId": braced(chart.id)} if chart else {}),
        "IsUserChart": "false",
        "EnableChartPicker": "false",
        "RecordsPerPage": "10",
    }
    control = element("control", element("parameters", *several(parameters)), id=f"tile{number}", classid=_CHART_TILE)
    return element(
        "cell",
        labels("labels", "label", chart.label if chart else view.label),
        control,
        id=braced(id_of("dashboard cell", f"{whole.dashboard.name}.{number}")),
        colspan="1",
        rowspan=str(_CELLS),
    )


def _site_map(dashboard: Dashboard) -> Element:
    groups = [
        element(
            "Group",
            element("Titles", *(element("Title", LCID=str(number), Title=words) for words, number in title)),
            *(_sub_area(area, dashboard) for area in areas),
            Id=name,
            IsProfile="false",
        )
        for name, title, areas in GROUPS
    ]
    area = element(
        "Area",
        element("Titles", *(element("Title", LCID=str(number), Title=words) for words, number in APP_TITLE)),
        *groups,
        Id="ofs_area",
        ShowGroups="true",
    )
    return element(
        "AppModuleSiteMap",
        *several(
            {
                "SiteMapUniqueName": APP,
                "EnableCollapsibleGroups": "False",
                "ShowHome": "True",
                "ShowPinned": "True",
                "ShowRecents": "True",
            }
        ),
        element("SiteMap", area, IntroducedVersion="7.0.0.0"),
        labels("LocalizedNames", "LocalizedName", APP_TITLE),
    )


def _sub_area(area: Area, dashboard: Dashboard) -> Element:
    if area.table:
        place = {"Entity": area.table}
    elif area.dashboard:
        place = {"Url": "/workplace/home_dashboards.aspx", "DefaultDashboard": dashboard.id}
    else:
        place = {"Url": f"$webresource:{area.page}"}
    titles = element("Titles", *(element("Title", LCID=str(number), Title=words) for words, number in area.label))
    return element("SubArea", titles, Id=area.name, **place, Client="All,Web", Sku="All", AvailableOffline="false")


def _app(whole: Whole) -> Element:
    components = [
        element("AppModuleComponent", type=_TABLE, schemaName=whole.table.logical),
        *(element("AppModuleComponent", type=_VIEW, id=braced(view.id)) for view in whole.views if view.kind == 0),
        *(element("AppModuleComponent", type=_CHART, id=braced(chart.id)) for chart in whole.charts),
        element("AppModuleComponent", type=_FORM, id=braced(whole.form.id)),
        element("AppModuleComponent", type=_FORM, id=braced(whole.dashboard.id)),
        element("AppModuleComponent", type=_SITE_MAP, schemaName=APP),
    ]
    roles = [element("Role", id=braced(one)) for one in (ADMINISTRATOR.id, *PLATFORM_ROLES)]
    settings = [
        element(
            "appsetting",
            element("iscustomizable", "1"),
            element("value", value),
            **{"settingdefinitionid.uniquename": name},
        )
        for name, value in APP_SETTINGS
    ]
    icon = next(page for page in whole.pages if page.name == ICON)
    return element(
        "AppModule",
        *several({"UniqueName": APP, "IntroducedVersion": VERSION, "WebResourceId": icon.id}),
        element("OptimizedFor"),
        *several({"statecode": "0", "statuscode": "1", "FormFactor": "1", "ClientType": "4", "NavigationType": "0"}),
        element("AppModuleComponents", *components),
        element("AppModuleRoleMaps", *roles),
        labels("LocalizedNames", "LocalizedName", APP_TITLE),
        labels("Descriptions", "Description", APP_ABOUT),
        element("appsettings", *settings),
    )
