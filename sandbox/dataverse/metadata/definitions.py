"""All definitions of the environment, in full, made from its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sandbox.dataverse.metadata import shapes
from sandbox.dataverse.metadata.picked import Expand
from sandbox.dataverse.odata.refusals import bad
from sandbox.dataverse.schema import TableSchema, references
from sandbox.dataverse.world import World

Json = dict[str, Any]
# What each cast adds, whether or not a column of it is there.
_NUMBER = ("MinValue", "MaxValue")
_CASTS: Mapping[str, tuple[str, ...]] = {
    "String": ("MaxLength", "Format", "FormatName", "ImeMode", "AutoNumberFormat", "DatabaseLength"),
    "Memo": ("MaxLength", "Format", "ImeMode"),
    "Integer": (*_NUMBER, "Format"),
    "BigInt": _NUMBER,
    "Decimal": (*_NUMBER, "Precision", "ImeMode"),
    "Double": (*_NUMBER, "Precision", "ImeMode"),
    "Money": (*_NUMBER, "Precision", "PrecisionSource", "IsBaseCurrency", "CalculationOf", "ImeMode"),
    "Boolean": ("DefaultValue",),
    "DateTime": ("Format", "DateTimeBehavior", "ImeMode"),
    "Picklist": ("DefaultFormValue",),
    "MultiSelectPicklist": ("DefaultFormValue",),
    "State": ("DefaultFormValue",),
    "Status": ("DefaultFormValue",),
    "Lookup": ("Targets", "Format"),
    "UniqueIdentifier": (),
    "File": ("MaxSizeInKB",),
    "Image": ("MaxSizeInKB", "CanStoreFullImage", "IsPrimaryImage"),
    "EntityName": (),
    "ManagedProperty": (),
}
_SETS = ("OptionSet", "GlobalOptionSet")
_BASE = (
    "MetadataId", "HasChanged", "SchemaName", "RelationshipType", "IsCustomRelationship", "IsManaged",
)  # fmt: skip
_ONE_TO_MANY = (
    *_BASE, "ReferencedEntity", "ReferencedAttribute", "ReferencedEntityNavigationPropertyName", "ReferencingEntity",
    "ReferencingAttribute", "ReferencingEntityNavigationPropertyName",
)  # fmt: skip
_MANY_TO_MANY = (
    *_BASE, "Entity1LogicalName", "Entity2LogicalName", "IntersectEntityName", "Entity1NavigationPropertyName",
    "Entity2NavigationPropertyName",
)  # fmt: skip
_KEY = (
    "MetadataId", "HasChanged", "SchemaName", "LogicalName", "EntityLogicalName", "KeyAttributes",
    "EntityKeyIndexStatus", "DisplayName",
)  # fmt: skip


class Definitions:
    def __init__(self, world: World) -> None:
        self._world = world

    def tables(self) -> list[Json]:
        return [shapes.definition(one) for one in self._world.tables.values()]

    def of_tables(self) -> Mapping[str, Expand]:
        """What belongs to a table's definition and is had by its own address, or expanded."""
        return {
            "Attributes": lambda table: self.columns(table["LogicalName"], None)[0],
            "Keys": lambda table: self._keys(table["LogicalName"]),
            "OneToManyRelationships": lambda table: self._to_many(table["LogicalName"]),
            "ManyToOneRelationships": lambda table: self._to_one(table["LogicalName"]),
            "ManyToManyRelationships": lambda table: [],
        }

    def properties(self, part: str) -> Sequence[str]:
        many = {"Keys": _KEY, "ManyToManyRelationships": _MANY_TO_MANY, "RelationshipDefinitions": _BASE}
        return many.get(part, _ONE_TO_MANY)

    def columns(self, name: str, kind: str | None) -> tuple[list[Json], list[str]]:
        """In full, of one cast or without; and what such a definition has. Problem where there is no such cast."""
        table = self._world.tables[name]
        if kind is None:
            base = shapes.common(table.attributes[table.id_column], table.id_column, table)
            views = [
                {name: each for name, each in one.items() if name not in _SETS} for one in self.typed_columns(name)
            ]
            return views, _named([base])
        if kind not in _CASTS:
            raise bad(f"Microsoft.Dynamics.CRM.{kind}AttributeMetadata is no type that a column can be cast to.")
        kinds = ("Lookup", "Customer", "Owner") if kind == "Lookup" else (kind,)
        own = [one for one in table.attributes.values() if one.kind.lower() in map(str.lower, kinds)]
        views = []
        for one in own:
            view = dict.fromkeys(_CASTS[kind]) | shapes.common(one, table.id_column, table) | shapes.cast(one, table)
            views.append({name: value for name, value in view.items() if name not in ("@odata.type", *_SETS)})
        # Of a table without such a column, the names are those that its key column has.
        any_column = shapes.common(table.attributes[table.id_column], table.id_column, table)
        return views, [*_CASTS[kind], *_named([any_column])]

    def option_sets(self, name: str) -> Mapping[str, Expand]:
        table = self._world.tables[name]

        def of(which: str, view: Json) -> Any:
            return shapes.cast(table.attributes[view["LogicalName"]], table).get(which)

        return {which: partial(of, which) for which in _SETS}

    def typed_columns(self, name: str) -> list[Json]:
        """Each with what its own type adds, option sets too."""
        table = self._world.tables[name]
        return [
            dict.fromkeys(_CASTS.get(one.kind, ()))
            | shapes.common(one, table.id_column, table)
            | shapes.cast(one, table)
            for one in table.attributes.values()
        ]

    def relationships(self) -> list[Json]:
        return [one for table in self._world.tables.values() for one in self._to_one(table.name)]

    def global_option_sets(self) -> list[Json]:
        found: dict[str, Json] = {}
        for table in self._world.tables.values():
            for one in table.attributes.values():
                if one.shared:
                    kind = {"@odata.type": "#Microsoft.Dynamics.CRM.OptionSetMetadata"}
                    found.setdefault(one.shared, kind | shapes.options_of(one, table))
        return list(found.values())

    def _keys(self, name: str) -> list[Json]:
        table = self._world.tables[name]
        return [shapes.key(table, one) for one in table.keys]

    def _to_one(self, name: str) -> list[Json]:
        table = self._world.tables[name]
        return [
            shapes.one_to_many(table, lookup, target, self._id_column(target)) for lookup, target in references(table)
        ]

    def _to_many(self, name: str) -> list[Json]:
        return [one for one in self.relationships() if one["ReferencedEntity"] == name]

    def _id_column(self, target: str) -> str:
        table: TableSchema | None = self._world.tables.get(target)
        return table.id_column if table else f"{target}id"


def _named(views: Sequence[Json]) -> list[str]:
    return [name for view in views for name in view if name != "@odata.type"]
