"""Values and shapes that Dynamics refuses, as far as they are known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from dynamics.checks.package import Package, bare, label

_SECTIONS = (
    "Entities", "Roles", "Workflows", "FieldSecurityProfiles", "Templates", "RibbonDiffXml", "EntityMaps",
    "EntityRelationships", "OrganizationSettings", "optionsets", "Dashboards", "WebResources", "CustomControls",
    "SolutionPluginAssemblies", "SdkMessageProcessingSteps", "ServiceEndpoints", "AppModuleSiteMaps", "AppModules",
    "EntityDataProviders", "connectionreferences", "Languages",
)  # fmt: skip
# What a column of each type must say of itself beside what all columns say.
_COLUMNS = {
    "nvarchar": {"Format", "MaxLength"}, "ntext": {"Format", "MaxLength"}, "int": {"MinValue", "MaxValue"},
    "bigint": set(), "decimal": {"MinValue", "MaxValue", "Accuracy"}, "float": {"MinValue", "MaxValue", "Accuracy"},
    "money": {"MinValue", "MaxValue", "Accuracy", "AccuracySource"}, "datetime": {"Format", "Behavior"},
    "bit": {"optionset"}, "picklist": {"optionset"}, "multiselectpicklist": {"optionset"},
    "lookup": {"LookupStyle", "LookupTypes"}, "customer": set(), "file": {"MaxValue"}, "image": set(),
}  # fmt: skip
_CASCADES = {
    "CascadeAssign": ("NoCascade", "Cascade", "ActiveOnly", "UserOwned"),
    "CascadeReparent": ("NoCascade", "Cascade", "ActiveOnly", "UserOwned"),
    "CascadeShare": ("NoCascade", "Cascade", "ActiveOnly", "UserOwned"),
    "CascadeUnshare": ("NoCascade", "Cascade", "ActiveOnly", "UserOwned"),
    "CascadeDelete": ("RemoveLink", "Restrict", "Cascade", "NoCascade"),
}
_OPERATORS = frozenset(
    {
        "eq", "ne", "gt", "ge", "lt", "le", "like", "not-like", "in", "not-in", "null", "not-null", "on",
        "on-or-before", "on-or-after", "yesterday", "today", "tomorrow", "last-seven-days", "next-seven-days",
        "this-week", "this-month", "this-year", "last-month", "last-x-days", "next-x-days", "olderthan-x-days",
        "olderthan-x-months", "eq-userid", "ne-userid", "between", "not-between", "begins-with", "ends-with",
    }
)  # fmt: skip
_SETTINGS = {"AppChannel": ("0", "1", "2"), "AllowNotificationsEarlyAccess": ("true", "false")}
_CRM_PARAMETERS = frozenset(
    {
        "PrimaryControl", "SelectedControl", "FirstPrimaryItemId", "PrimaryItemIds", "PrimaryEntityTypeName",
        "PrimaryEntityTypeCode", "SelectedEntityTypeName", "SelectedControlSelectedItemIds", "UserLcid", "OrgLcid",
        "SelectedControlSelectedItemReferences", "CommandProperties", "OrgName",
    }
)  # fmt: skip
_STAGES, _MODES, _BEFORE = ("10", "20", "40"), ("0", "1"), ("10", "20")
_VERSION = re.compile(r"\d+(\.\d+){3}")
_UNIQUE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_LONGEST_LABEL = 256
_WEBHOOK, _ENDPOINT = "8", "4618"  # a contract of an endpoint, and what a step's handler is


def sections(package: Package) -> Iterator[str]:
    """The importer reads them in one order."""
    last = -1
    for one in package.custom:
        if one.tag not in _SECTIONS:
            yield f"customizations.xml has a section {one.tag}, which there is not"
            continue
        at = _SECTIONS.index(one.tag)
        if at <= last:
            yield f"the section {one.tag} of customizations.xml is in the wrong place"
        last = max(at, last)


def version(package: Package) -> Iterator[str]:
    given = package.manifest.findtext("Version") or ""
    if not _VERSION.fullmatch(given):
        yield f"the version {given} has not four numbers"
    if not _UNIQUE.fullmatch(package.manifest.findtext("UniqueName") or ""):
        yield f"the solution's unique name {package.manifest.findtext('UniqueName')} is none"
    if package.manifest.findtext("Managed") not in ("0", "1"):
        yield "solution.xml does not say whether it is managed"


def columns(package: Package) -> Iterator[str]:
    for table in package.tables:
        for name, one in package.columns(table).items():
            if name == f"{table}id":
                yield f"the column {name} is named as the table's own id is"
            kind = one.findtext("Type") or ""
            if kind not in _COLUMNS:
                yield f"the column {name} is of type {kind}, which there is not"
                continue
            for lacking in sorted(_COLUMNS[kind] - {each.tag for each in one}):
                yield f"the column {name} of type {kind} lacks {lacking}"
            if kind == "file" and (one.findtext("ValidForCreateApi"), one.findtext("ValidForUpdateApi")) != ("0", "0"):
                yield f"the file column {name} says that it can be written as other columns are"
            if (one.get("PhysicalName") or "").lower() != name:
                yield f"the column {name} has another schema name: {one.get('PhysicalName')}"
        masks = [one.findtext("DisplayMask") or "" for one in package.columns(table).values()]
        primary = [mask for mask in masks if "PrimaryName" in mask]
        if len(primary) != 1:
            yield f"the table {table} has {len(primary)} primary names"


def relationships(package: Package) -> Iterator[str]:
    for one in package.custom.findall("EntityRelationships/EntityRelationship"):
        for place, known in _CASCADES.items():
            given = one.findtext(place) or ""
            if given not in known:
                yield f"{place} of the relationship {label(one)} is {given or 'missing'}"
        if len(one.findall("EntityRelationshipRoles/EntityRelationshipRole")) != 2:
            yield f"the relationship {label(one)} has not two roles"
        for role in one.findall("EntityRelationshipRoles/EntityRelationshipRole"):
            name = role.findtext("NavigationPropertyName")
            if role.findtext("RelationshipRoleType") == "1" and name != one.findtext("ReferencingAttributeName"):
                yield f"the relationship {label(one)} is written by {name}, not by its lookup's name"


def forms(package: Package) -> Iterator[str]:
    for entity in package.custom.findall("Entities/Entity"):
        for one in entity.iter("systemform"):
            if one.find("formid") is None:
                yield f"the form {label(one)} has no formid"
            if one.find("form/tabs/tab") is None:
                yield f"the form {label(one)} has no tabs"
        saved = entity.find("SavedQueries")
        for one in saved if saved is not None else ():
            if one.tag != "savedqueries":
                yield f"{one.tag} stands in SavedQueries without savedqueries around it"
    for one in package.custom.findall("Dashboards/Dashboard"):
        if one.find("FormXml/forms/form/tabs/tab") is None:
            yield f"the dashboard {label(one)} has no tabs"


def queries(package: Package) -> Iterator[str]:
    for one in package.custom.iter("condition"):
        if one.get("operator") not in _OPERATORS:
            yield f"a condition on {one.get('attribute')} has the operator {one.get('operator')}, which there is not"
    for one in package.custom.iter("visualization"):
        aliases = {each.get("alias") for each in one.findall(".//fetch//attribute")}
        measures = [each.get("alias") for each in one.iter("measure")]
        if not measures:
            yield f"the chart {label(one)} has no measure"
        for alias in [*measures, *(each.get("alias") for each in one.iter("category"))]:
            if alias not in aliases:
                yield f"the chart {label(one)} shows {alias}, which its query does not have"


def steps(package: Package) -> Iterator[str]:
    for one in package.custom.iter("SdkMessageProcessingStep"):
        stage, mode = one.findtext("Stage") or "", one.findtext("Mode") or ""
        if stage not in _STAGES:
            yield f"the step {label(one)} is of stage {stage}, which there is not"
        if mode not in _MODES:
            yield f"the step {label(one)} is of mode {mode}, which there is not"
        if mode == "0":
            yield f"the step {label(one)} is synchronous: whoever saves a record would wait for it"
        if one.findtext("EventHandlerTypeCode") != _ENDPOINT:
            yield f"the step {label(one)} has a handler of type {one.findtext('EventHandlerTypeCode')}, no endpoint"
        if mode == "1" and stage in _BEFORE:
            yield f"the step {label(one)} is asynchronous and not of stage 40"
        if not bare(one.findtext("SdkMessageId") or ""):
            yield f"the step {label(one)} is on no message"
    for one in package.custom.iter("ServiceEndpoint"):
        if one.findtext("Contract") != _WEBHOOK:
            yield f"the endpoint {label(one)} is of contract {one.findtext('Contract')}, no webhook"
        if not (one.findtext("Url") or "").startswith("https://"):
            yield f"the endpoint {label(one)} has no https address"
        if any(each.tag.lower() in ("authvalue", "saskey", "sastoken") for each in one):
            yield f"the endpoint {label(one)} carries a secret"


def apps(package: Package) -> Iterator[str]:
    for one in package.custom.iter("appsetting"):
        name, value = one.get("settingdefinitionid.uniquename") or "", one.findtext("value") or ""
        if value not in _SETTINGS.get(name, ()):
            yield f"the app's setting {name} is {value or 'empty'}, which there is not"
    for site_map in package.custom.iter("AppModuleSiteMap"):
        for kind in ("Area", "Group", "SubArea"):
            named = [one.get("Id") for one in site_map.iter(kind)]
            for name in sorted({str(one) for one in named if named.count(one) > 1}):
                yield f"the site map has two of the {kind} {name}"
    for one in package.custom.iter("AppModule"):
        if one.findtext("ClientType") != "4":
            yield f"the app {label(one)} is not for the Unified Interface"


def ribbons(package: Package) -> Iterator[str]:
    for one in package.custom.iter("CrmParameter"):
        if one.get("Value") not in _CRM_PARAMETERS:
            yield f"a ribbon's button passes {one.get('Value')}, which there is not"


def messages(package: Package) -> Iterator[str]:
    for name, root in package.parts("customapi.xml"):
        if root.findtext("allowedcustomprocessingsteptype") != "1":
            yield f"{name} is not for asynchronous steps only: its caller would wait"
    for last in ("customapirequestparameter.xml", "customapiresponseproperty.xml"):
        for name, root in package.parts(last):
            kind = root.findtext("type") or ""
            if not (kind.isdigit() and int(kind) <= 12):
                yield f"{name} is of type {kind}, which there is not"
            if last.startswith("customapiresponse") and root.find("isoptional") is not None:
                yield f"{name} says isoptional, which only request parameters do"


def variables(package: Package) -> Iterator[str]:
    for name in package.names:
        if name.endswith("environmentvariablevalues.json"):
            yield f"{name} would write over what the customer set"
    for name, root in package.parts("environmentvariabledefinition.xml"):
        if root.findtext("type") not in {f"10000000{number}" for number in range(6)}:
            yield f"{name} is of type {root.findtext('type')}, which there is not"


def lengths(package: Package) -> Iterator[str]:
    for name, root in package.parts("appaction.xml"):
        for one in root.iter("label"):
            if len(one.get("description") or "") > _LONGEST_LABEL:
                yield f"{name} has a label longer than {_LONGEST_LABEL}"
    for one in package.custom.iter():
        if len(one.get("description") or "") > 2000:
            yield f"a text of {one.tag} is longer than 2000"


# Every element that customizations.xml may hold here; one that is misspelled is silently ignored or refused.
_WORDS = """
    Entity Name EntityInfo entity LocalizedNames LocalizedName LocalizedCollectionNames LocalizedCollectionName
    Descriptions Description attributes attribute Type LogicalName RequiredLevel DisplayMask ImeMode
    ValidForUpdateApi ValidForReadApi ValidForCreateApi IsCustomField IsAuditEnabled IsSecured IntroducedVersion
    IsCustomizable Format MaxLength Length MinValue MaxValue Accuracy AccuracySource CanChangeDateTimeBehavior
    Behavior AppDefaultValue optionset OptionSetType IsGlobal displaynames displayname options option labels label
    LookupStyle LookupTypes LookupType EntitySetName EntityKeys EntityKey EntityKeyAttributes AttributeName
    IsDuplicateCheckSupported OwnershipTypeMask ChangeTrackingEnabled FormXml forms systemform formid
    FormPresentation FormActivationState form tabs tab columns column sections section rows row cell control
    parameters Url PassParameters Security Scrolling Border events event Handlers Handler formLibraries Library
    CanBeDeleted SavedQueries savedqueries savedquery isquickfindquery isprivate isdefault savedqueryid layoutxml
    grid querytype fetchxml fetch filter condition value order Visualizations visualization
    savedqueryvisualizationid datadescription datadefinition fetchcollection categorycollection category
    measurecollection measure presentationdescription Chart Series ChartAreas ChartArea RibbonDiffXml CustomActions
    CustomAction CommandUIDefinition Button Templates RibbonTemplates CommandDefinitions CommandDefinition Actions
    JavaScriptFunction CrmParameter RuleDefinitions TabDisplayRules DisplayRules EnableRules LocLabels LocLabel
    Titles Title Role IsAutoAssigned RolePrivileges RolePrivilege EntityRelationship EntityRelationshipType
    IsHierarchical ReferencingEntityName ReferencedEntityName CascadeAssign CascadeDelete CascadeArchive
    CascadeReparent CascadeShare CascadeUnshare CascadeRollupView IsValidForAdvancedFind ReferencingAttributeName
    RelationshipDescription EntityRelationshipRoles EntityRelationshipRole NavPaneDisplayOption NavPaneArea
    NavPaneOrder NavigationPropertyName RelationshipRoleType Dashboard FormId IsDefault ViewId IsUserView
    TargetEntityType AutoExpand EnableQuickFind EnableViewPicker EnableJumpBar ChartGridMode VisualizationId
    IsUserChart EnableChartPicker RecordsPerPage WebResource WebResourceId DisplayName LanguageCode WebResourceType
    IsEnabledForMobileClient IsAvailableForMobileOffline IsHidden FileName SdkMessageProcessingStep PrimaryEntity
    AsyncAutoDelete FilteringAttributes InvocationSource Mode Rank SdkMessageId EventHandler EventHandlerTypeCode
    Stage SupportedDeployment ServiceEndpoint ConnectionMode Contract UserClaim AuthType MessageFormat
    AppModuleSiteMap SiteMapUniqueName EnableCollapsibleGroups ShowHome ShowPinned ShowRecents SiteMap Area Group
    SubArea AppModule UniqueName OptimizedFor statecode statuscode FormFactor ClientType NavigationType
    AppModuleComponents AppModuleComponent AppModuleRoleMaps appsettings appsetting iscustomizable Language
"""
_ELEMENTS = frozenset(_WORDS.split())


def elements(package: Package) -> Iterator[str]:
    for section in package.custom:
        yield from _unknown(section)


def _unknown(parent: Element) -> Iterator[str]:
    for one in parent:
        if one.tag not in _ELEMENTS:
            yield f"{parent.tag} has an element {one.tag}, which there is not"
        yield from _unknown(one)
