"""`history show | verify | erase`: what was written to a contract and its record, from what, to what, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.progress import track

from cli.listing import moment, print_rows
from cli.session import Session
from sync_core.bootstrap.operator import Operator
from sync_core.errors import Gone

commands = typer.Typer(
    no_args_is_help=True, help="The history of contracts: read it, prove that it is whole, erase it."
)
Contract = Annotated[int, typer.Argument(help="The contract's id in Oneflow.", show_default=False)]
# What an entry's line shows without --values; whatever else it may hold is taken for a value.
_NAMES = frozenset(
    {
        "dynamics_column",
        "dynamics_label",
        "oneflow_kind",
        "oneflow_field",
        "oneflow_label",
        "result",
        "side",
        "direction",
        "reason_code",
    }
)


@commands.command("show")
def show(
    context: typer.Context,
    contract_id: Contract,
    field: Annotated[str | None, typer.Option(help="Only about this column or data field.", show_default=False)] = None,
    values: Annotated[bool, typer.Option(help="Show the fields' values too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the entries as JSON.")] = False,
) -> None:
    """Newest first. Values of fields are shown only with --values."""
    session: Session = context.obj
    entries = [_about(entry, field) for entry in entries_of(session.operator, contract_id, field)]
    if not values:
        entries = [_without_values(entry) for entry in entries]
    if as_json:
        session.out.print_json(json.dumps({"entries": entries}, default=str))
        return
    if not entries:
        session.out.print("No history.", markup=False)
        return
    rows = []
    for entry in entries:
        for line in entry["fields"] or [{}]:
            told = (_field(line), line.get("side"), line.get("result"))
            shown = (line.get("from"), line.get("to")) if values else ()
            rows.append((entry["number"], moment(entry["at"]), entry["cause"], entry["who"], *told, *shown))
    names = ("no.", "at", "cause", "who", "field", "side", "result", *(("from", "to") if values else ()))
    print_rows(session.out, names, rows)


def _about(entry: Mapping[str, Any], field: str | None) -> Mapping[str, Any]:
    """The entry with its lines about that field alone."""
    if field is None:
        return entry
    wanted, names = field.casefold(), ("dynamics_column", "oneflow_field")
    lines = [line for line in entry["fields"] if wanted in [str(line.get(name)).casefold() for name in names]]
    return {**entry, "fields": lines}


def _field(line: Mapping[str, Any]) -> str:
    """`customer_name`, or `party:name`, which may be a data field's name too."""
    kind, name = line.get("oneflow_kind", "data_field"), str(line.get("oneflow_field") or "")
    return name if kind == "data_field" else f"{kind}:{name}"


@commands.command("verify")
def verify(
    context: typer.Context,
    contract_ids: Annotated[list[int] | None, typer.Argument(help="Contracts' ids.", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every linked contract.")] = False,
) -> None:
    """Whether nothing was changed or is missing: each entry carries the digest of the one before. Exit code 1 if so."""
    session: Session = context.obj
    if bool(contract_ids) == everything:
        raise typer.BadParameter("name contracts, or say --all")
    chosen = linked(session.operator) if everything else list(contract_ids or ())
    broken = 0
    for contract_id in track(
        chosen, "Verifying", console=session.err, transient=True, disable=not session.err.is_terminal
    ):
        try:
            found = session.operator.history.check(contract_id)
        except Gone:
            if not everything:
                raise
            continue
        problems: Sequence[str] = found["problems"]
        broken += bool(problems)
        whole = "whole" if not problems else "NOT WHOLE"
        told = f"{contract_id}: {whole}, {found['entries']} entries from number {found['from_number']} on."
        session.out.print(told, markup=False)
        for problem in problems:
            session.out.print(f"   {problem}", markup=False)
    if broken:
        raise typer.Exit(1)


@commands.command("erase")
def erase(
    context: typer.Context,
    contract_id: Contract,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Erase without asking.")] = False,
) -> None:
    """Erase all entries of a contract for good (a person's data, on request). The sync goes on from its base."""
    session: Session = context.obj
    if not yes and not typer.confirm(f"Erase the whole history of contract {contract_id}? Nothing can be undone then."):
        raise typer.Exit(1)
    gone = session.operator.history.erase(contract_id)
    session.out.print(f"{gone} entries erased; a checkpoint without values stands in their place.", markup=False)


def entries_of(operator: Operator, contract_id: int, field: str | None) -> Iterator[Mapping[str, Any]]:
    after: str | None = None
    while True:
        page, after = operator.history.log(contract_id, field, after)
        yield from page
        if after is None:
            return


def linked(operator: Operator) -> list[int]:
    """The contracts of all mapped tables."""
    return [
        link.contract_id for mapping in operator.mappings.all() for link in operator.links.of_entity(mapping.entity)
    ]


def _without_values(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**entry, "fields": [{name: line[name] for name in line if name in _NAMES} for line in entry["fields"]]}
