"""Each definition in full, as JSON (fact sheet 2.2): what a request selects of it is told elsewhere."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.dataverse.metadata.names import column_schema_name, table_schema_name
from sandbox.dataverse.schema import Attribute, TableSchema, privilege_id, relationship_name

Json = dict[str, Any]
LANGUAGES = (1033, 1053)
_EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
_CODES = {"MultiSelectPicklist": "Virtual", "Image": "Virtual", "File": "Virtual"}


def metadata_id(*path: str) -> str:
    """The same in every run."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(("metadata", *path))))


def definition(table: TableSchema) -> Json:
    schema_name = table_schema_name(table.name)
    return {
        "MetadataId": metadata_id(table.name),
        "HasChanged": None,
        "LogicalName": table.name,
        "SchemaName": schema_name,
        "EntitySetName": table.set_name,
        "LogicalCollectionName": table.set_name,
        "CollectionSchemaName": table_schema_name(table.set_name),
        "PrimaryIdAttribute": table.id_column,
        "PrimaryNameAttribute": table.name_column,
        "DisplayName": label(table.label, table.label),
        "DisplayCollectionName": label(f"{table.label}s", f"{table.label}s"),
        "Description": label("", ""),
        "IsCustomEntity": table.custom,
        "IsActivity": False,
        "IsIntersect": False,
        "IsPrivate": False,
        "IsManaged": not table.custom,
        "IsLogicalEntity": False,
        "ChangeTrackingEnabled": False,
        "IsOptimisticConcurrencyEnabled": table.versioned,
        "OwnershipType": "UserOwned" if table.owned else "OrganizationOwned",
        "TableType": "Standard",
        "Privileges": [
            {
                "CanBeBasic": True, "CanBeDeep": True, "CanBeGlobal": True, "CanBeLocal": True,
                "Name": table.privilege(verb), "PrivilegeId": privilege_id(table.privilege(verb)),
                "PrivilegeType": verb,
            }
            for verb in table.verbs
        ],
    }  # fmt: skip


def common(attribute: Attribute, id_column: str, table: TableSchema | None = None) -> Json:
    """What every column has, without a cast."""
    return {
        "@odata.type": f"#Microsoft.Dynamics.CRM.{attribute.kind}AttributeMetadata",
        "MetadataId": metadata_id(table.name if table else "", attribute.name),
        "HasChanged": None,
        "LogicalName": attribute.name,
        "EntityLogicalName": table.name if table else "",
        "SchemaName": column_schema_name(attribute.name),
        "AttributeType": _CODES.get(attribute.kind, attribute.kind),
        "AttributeTypeName": {"Value": f"{attribute.kind}Type"},
        "AttributeOf": attribute.attribute_of,
        "DisplayName": label(attribute.label, attribute.label),
        "Description": label("", ""),
        "RequiredLevel": {
            "Value": attribute.required, "CanBeChanged": True,
            "ManagedPropertyLogicalName": "canmodifyrequirementlevelsettings",
        },
        "IsValidForRead": True,
        "IsValidForCreate": attribute.updatable,
        "IsValidForUpdate": attribute.updatable,
        "IsSecured": attribute.secured,
        "IsCustomAttribute": attribute.name.startswith("new_"),
        "IsPrimaryId": attribute.name == id_column,
        "IsPrimaryName": table is not None and attribute.name == table.name_column,
        "IsLogical": False,
        "SourceType": attribute.source,
        "ModifiedOn": (_EPOCH + timedelta(seconds=attribute.changed)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }  # fmt: skip


def cast(attribute: Attribute, table: TableSchema | None = None) -> Json:
    """What the type's cast adds; its option sets are there for who expands them."""
    view: Json = {"LogicalName": attribute.name, **attribute.more}
    if attribute.targets:
        view |= {"Targets": list(attribute.targets), "Format": "None"}
    if attribute.kind == "Boolean":
        no, yes = _option(0, ("No", "Nej")), _option(1, ("Yes", "Ja"))
        whole = _option_set(f"{table.name if table else ''}_{attribute.name}", "Boolean", False)
        view |= {"DefaultValue": False, "OptionSet": {**whole, "TrueOption": yes, "FalseOption": no}}
        view["GlobalOptionSet"] = None
    if attribute.options:
        own = options_of(attribute, table)
        view |= {"OptionSet": own, "GlobalOptionSet": own if attribute.shared else None}
    return view


def options_of(attribute: Attribute, table: TableSchema | None = None) -> Json:
    name = attribute.shared or f"{table.name if table else ''}_{attribute.name}"
    kind = attribute.kind if attribute.kind in ("State", "Status") else "Picklist"
    options = [_option(value, labels) for value, labels in attribute.options.items()]
    if attribute.kind == "State":
        options = [one | {"DefaultStatus": None, "InvariantName": one["Label"]["LocalizedLabels"][0]["Label"]}
                   for one in options]  # fmt: skip
    if attribute.kind == "Status":
        options = [one | {"State": attribute.states.get(one["Value"]), "TransitionData": None} for one in options]
    return {**_option_set(name, kind, bool(attribute.shared)), "Options": options}


def one_to_many(table: TableSchema, lookup: Attribute, target: str, id_of_target: str) -> Json:
    """The relationship of a lookup and one table that it may point at."""
    name = relationship_name(table, lookup, target)
    return {
        "@odata.type": "#Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata",
        "MetadataId": metadata_id("relationship", name),
        "HasChanged": None,
        "SchemaName": name,
        "RelationshipType": "OneToManyRelationship",
        "IsCustomRelationship": lookup.name.startswith("new_"),
        "IsManaged": False,
        "ReferencedEntity": target,
        "ReferencedAttribute": id_of_target,
        "ReferencedEntityNavigationPropertyName": name,
        "ReferencingEntity": table.name,
        "ReferencingAttribute": lookup.name,
        "ReferencingEntityNavigationPropertyName": lookup.navigation_to(target),
    }


def key(table: TableSchema, name: str) -> Json:
    return {
        "MetadataId": metadata_id(table.name, "key", name),
        "HasChanged": None,
        "SchemaName": name,
        "LogicalName": name.lower(),
        "EntityLogicalName": table.name,
        "KeyAttributes": list(table.keys[name]),
        "EntityKeyIndexStatus": table.unbuilt.get(name, "Active"),
        "DisplayName": label(name, name),
    }


def label(english: str, swedish: str) -> Json:
    labels = [
        {
            "Label": text, "LanguageCode": language, "IsManaged": False,
            "MetadataId": metadata_id("label", text, str(language)), "HasChanged": None,
        }
        for text, language in zip((english, swedish), LANGUAGES, strict=True)
        if text
    ]  # fmt: skip
    return {"LocalizedLabels": labels, "UserLocalizedLabel": labels[0] if labels else None}


def _option(value: int, labels: tuple[str, str]) -> Json:
    return {
        "Value": value, "Label": label(*labels), "Description": label("", ""), "Color": None, "IsManaged": False,
        "ExternalValue": "", "ParentValues": [], "MetadataId": None, "HasChanged": None,
    }  # fmt: skip


def _option_set(name: str, kind: str, is_global: bool) -> Json:
    return {
        "MetadataId": metadata_id("optionset", name), "HasChanged": None, "Name": name, "IsGlobal": is_global,
        "IsCustomOptionSet": True, "IsManaged": False, "ExternalTypeName": None, "OptionSetType": kind,
        "IntroducedVersion": "1.0.0.0", "ParentOptionSetName": None,
    }  # fmt: skip
