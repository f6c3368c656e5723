"""A table with its columns, keys, form, views and charts, and its relationships."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from dynamics.description.ids import id_of
from dynamics.description.table import Chart, Column, ColumnKind, Form, Relationship, Table, View
from dynamics.description.words import Text
from dynamics.files.xml import VERSION, braced, element, labels, several

_EVERYWHERE = "ValidForAdvancedFind|ValidForForm|ValidForGrid"
_WHOLE = ("-2147483648", "2147483647")
_DECIMAL = ("-100000000000", "100000000000")
_USER_LOCAL, _DATE_ONLY = "1", "2"
_CONTROLS = {
    ColumnKind.TEXT: "{4273EDBD-AC1D-40d3-9FB2-095C621B552D}",
    ColumnKind.WHOLE: "{C6D124CA-7EDA-4a60-AEA9-7FB8D318B68F}",
    ColumnKind.DECIMAL: "{C3EFE0C3-0EC6-42be-8349-CBD9079DFD8E}",
    ColumnKind.LONG_TEXT: "{E0DECE4B-6FC8-4a8f-A065-082708572369}",
    ColumnKind.DATE_TIME: "{5B773807-9FB2-42db-97C3-7A91EFF8ADFF}",
    ColumnKind.CHOICE: "{3EF39988-22BB-4f0b-BBBE-64B5A3748AEE}",
    ColumnKind.LOOKUP: "{270BD3DB-D9AF-4782-9025-509E298DEC0A}",
}
_OWNER = Column("OwnerId", ColumnKind.LOOKUP, Text("Owner", "Ägare"), Text("", ""))


def entity(table: Table, form: Form, views: tuple[View, ...], charts: tuple[Chart, ...]) -> Element:
    return element(
        "Entity",
        element("Name", table.name, LocalizedName=table.label.en, OriginalName=table.label.en),
        element("EntityInfo", _definition(table)),
        element("FormXml", element("forms", _form(table, form), type="main")),
        element("SavedQueries", element("savedqueries", *(_view(table, view) for view in views))),
        element("Visualizations", *(_chart(table, chart) for chart in charts)),
        element("RibbonDiffXml", *_no_ribbon()),
    )


def relationship(table: Table, one: Relationship) -> Element:
    """The record's owner decides nothing here: rows stay when it is deleted, and are theirs whom the app names."""
    return element(
        "EntityRelationship",
        *several(
            {
                "EntityRelationshipType": "OneToMany",
                "IsCustomizable": "1",
                "IntroducedVersion": VERSION,
                "IsHierarchical": "0",
                "ReferencingEntityName": table.name,
                "ReferencedEntityName": one.target,
                "CascadeAssign": "NoCascade",
                "CascadeDelete": "RemoveLink",
                "CascadeReparent": "NoCascade",
                "CascadeShare": "NoCascade",
                "CascadeUnshare": "NoCascade",
                "CascadeRollupView": "NoCascade",
                "IsValidForAdvancedFind": "1",
                "ReferencingAttributeName": one.lookup,
            }
        ),
        element("RelationshipDescription", labels("Descriptions", "Description", table.about)),
        element(
            "EntityRelationshipRoles",
            element(
                "EntityRelationshipRole",
                *several(
                    {
                        "NavPaneDisplayOption": "UseCollectionName",
                        "NavPaneArea": "Details",
                        "NavPaneOrder": "10000",
                        "NavigationPropertyName": one.lookup,
                        "RelationshipRoleType": "1",
                    }
                ),
            ),
            element(
                "EntityRelationshipRole",
                *several({"NavigationPropertyName": one.name, "RelationshipRoleType": "0"}),
            ),
        ),
        Name=one.name,
    )


def _definition(table: Table) -> Element:
    keys = [
        element(
            "EntityKey",
            *several(
                {
                    "Name": key.name,
                    "LogicalName": key.name.lower(),
                    "IntroducedVersion": VERSION,
                    "IsCustomizable": "0",
                }
            ),
            element("EntityKeyAttributes", *(element("AttributeName", name) for name in key.columns)),
            labels("displaynames", "displayname", key.label),
        )
        for key in table.keys
    ]
    return element(
        "entity",
        labels("LocalizedNames", "LocalizedName", table.label),
        labels("LocalizedCollectionNames", "LocalizedCollectionName", table.plural),
        labels("Descriptions", "Description", table.about),
        element("attributes", *(_attribute(table, column) for column in table.columns)),
        element("EntitySetName", table.set_name),
        element("EntityKeys", *keys),
        *several(
            {
                "IsDuplicateCheckSupported": "0",
                "IsAuditEnabled": "0",
                "OwnershipTypeMask": "UserOwned",
                "IntroducedVersion": VERSION,
                "IsCustomizable": "1",
                "ChangeTrackingEnabled": "0",
            }
        ),
        Name=table.name,
    )


def _attribute(table: Table, column: Column) -> Element:
    first = column == table.primary_name
    mask = f"PrimaryName|{_EVERYWHERE}|RequiredForForm" if first else _EVERYWHERE
    plain = column.kind is ColumnKind.FILE
    return element(
        "attribute",
        *several(
            {
                "Type": str(column.kind),
                "Name": column.logical,
                "LogicalName": column.logical,
                "RequiredLevel": "required" if column.required else "none",
                "DisplayMask": "ValidForForm|ValidForGrid" if plain else mask,
                "ImeMode": "disabled" if plain else "auto",
                "ValidForUpdateApi": "0" if plain else "1",
                "ValidForReadApi": "1",
                "ValidForCreateApi": "0" if plain else "1",
                "IsCustomField": "1",
                "IsAuditEnabled": "0",
                "IsSecured": "0",
                "IntroducedVersion": VERSION,
                "IsCustomizable": "1",
            }
        ),
        *_of_kind(table, column),
        labels("displaynames", "displayname", column.label),
        labels("Descriptions", "Description", column.about),
        PhysicalName=column.name,
    )


def _of_kind(table: Table, column: Column) -> list[Element]:
    match column.kind:
        case ColumnKind.TEXT:
            return list(
                several({"Format": column.format, "MaxLength": str(column.longest), "Length": str(2 * column.longest)})
            )
        case ColumnKind.LONG_TEXT:
            return list(several({"Format": column.format, "MaxLength": str(column.longest)}))
        case ColumnKind.WHOLE:
            return [element("Format"), *several({"MinValue": _WHOLE[0], "MaxValue": _WHOLE[1]})]
        case ColumnKind.DECIMAL:
            low, high = _DECIMAL
            return list(several({"MinValue": low, "MaxValue": high, "Accuracy": column.format}))
        case ColumnKind.DATE_TIME:
            behavior = _DATE_ONLY if column.format == "date" else _USER_LOCAL
            return list(several({"Format": column.format, "CanChangeDateTimeBehavior": "0", "Behavior": behavior}))
        case ColumnKind.CHOICE:
            return [element("AppDefaultValue", "-1"), _choices(table, column)]
        case ColumnKind.LOOKUP:
            return [element("LookupStyle", "single"), element("LookupTypes")]
        case ColumnKind.FILE:
            return [element("MaxValue", str(column.longest))]


def _choices(table: Table, column: Column) -> Element:
    options = [
        element("option", labels("labels", "label", option.label), value=str(option.value)) for option in column.options
    ]
    return element(
        "optionset",
        *several({"OptionSetType": "picklist", "IsGlobal": "0", "IntroducedVersion": VERSION, "IsCustomizable": "1"}),
        labels("displaynames", "displayname", column.label),
        labels("Descriptions", "Description", column.about),
        element("options", *options),
        Name=f"{table.logical}_{column.logical}",
    )


def _form(table: Table, form: Form) -> Element:
    columns = {column.logical: column for column in (*table.columns, _OWNER)}
    sections = [
        element(
            "section",
            labels("labels", "label", section.label),
            element("rows", *(element("row", _cell(form, columns[name])) for name in section.columns)),
            name=section.name,
            id=braced(id_of("form section", f"{form.name}.{section.name}")),
            showlabel="true",
            showbar="false",
            IsUserDefined="0",
        )
        for section in form.sections
    ]
    tab = element(
        "tab",
        labels("labels", "label", form.label),
        element("columns", *(element("column", element("sections", one), width="33%") for one in sections)),
        name="general",
        id=braced(id_of("form tab", form.name)),
        IsUserDefined="0",
        showlabel="true",
        expanded="true",
    )
    return element(
        "systemform",
        element("formid", braced(form.id)),
        *several({"IntroducedVersion": VERSION, "FormPresentation": "1", "FormActivationState": "1"}),
        element("form", element("tabs", tab)),
        *several({"IsCustomizable": "1", "CanBeDeleted": "1"}),
        labels("LocalizedNames", "LocalizedName", form.label),
    )


def _cell(form: Form, column: Column) -> Element:
    return element(
        "cell",
        labels("labels", "label", column.label),
        element(
            "control",
            id=column.logical,
            classid=_CONTROLS[column.kind],
            datafieldname=column.logical,
            disabled="true",
        ),
        id=braced(id_of("form cell", f"{form.name}.{column.logical}")),
    )


def _view(table: Table, view: View) -> Element:
    cells = [element("cell", name=name, width=str(width)) for name, width in view.columns]
    grid = element(
        "grid",
        element("row", *cells, name="result", id=table.primary_key),
        name="resultset",
        jump=table.primary_name.logical,
        select="1",
        icon="1",
        preview="1",
    )
    return element(
        "savedquery",
        *several({"IsCustomizable": "1", "CanBeDeleted": "1", "isquickfindquery": str(int(view.kind == 4))}),
        *several({"isprivate": "0", "isdefault": str(int(view.default or view.kind != 0))}),
        element("savedqueryid", braced(view.id)),
        element("layoutxml", grid),
        element("querytype", str(view.kind)),
        element("fetchxml", _fetch(table, view)),
        element("IntroducedVersion", VERSION),
        labels("LocalizedNames", "LocalizedName", view.label),
    )


def _fetch(table: Table, view: View) -> Element:
    inside = [element("attribute", name=name) for name in (table.primary_key, *(name for name, _ in view.columns))]
    if view.order:
        descending = str(view.order != table.primary_name.logical).lower()
        inside.append(element("order", attribute=view.order, descending=descending))
    if view.conditions:
        made = []
        for one in view.conditions:
            if one.operator == "in":
                values = [element("value", value) for value in one.value]
                made.append(element("condition", *values, attribute=one.column, operator="in"))
            else:
                value = {"value": one.value[0]} if one.value else {}
                made.append(element("condition", attribute=one.column, operator=one.operator, **value))
        kind = {"type": "or", "isquickfindfields": "1"} if view.any_of else {"type": "and"}
        inside.append(element("filter", *made, **kind))
    return element("fetch", element("entity", *inside, name=table.logical), version="1.0", mapping="logical")


def _chart(table: Table, chart: Chart) -> Element:
    group = {"groupby": "true", "alias": "group", "name": chart.column}
    if chart.by:
        group["dategrouping"] = chart.by
    only = (
        [element("filter", element("condition", attribute=chart.column, operator="not-null"), type="and")]
        if chart.by
        else []
    )
    fetch = element(
        "fetch",
        element(
            "entity",
            element("attribute", **group),
            element("attribute", alias="count", name=table.primary_key, aggregate="count"),
            *only,
            name=table.logical,
        ),
        mapping="logical",
        aggregate="true",
    )
    category = element("category", element("measurecollection", element("measure", alias="count")), alias="group")
    return element(
        "visualization",
        element("savedqueryvisualizationid", braced(chart.id)),
        element(
            "datadescription",
            element("datadefinition", element("fetchcollection", fetch), element("categorycollection", category)),
        ),
        element(
            "presentationdescription",
            element(
                "Chart",
                element("Series", element("Series", ChartType=chart.shape, IsValueShownAsLabel="True")),
                element("ChartAreas", element("ChartArea")),
            ),
        ),
        element("isdefault", "0"),
        element("IntroducedVersion", VERSION),
        labels("LocalizedNames", "LocalizedName", chart.label),
    )


def _no_ribbon() -> list[Element]:
    rules = element("RuleDefinitions", element("TabDisplayRules"), element("DisplayRules"), element("EnableRules"))
    templates = element("Templates", element("RibbonTemplates", Id="Mscrm.Templates"))
    return [element("CustomActions"), templates, element("CommandDefinitions"), rules, element("LocLabels")]
