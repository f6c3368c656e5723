"""`mapping export | import | diff`: mappings as a file that can be kept beside the code of an environment."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from cli.operate.differences import Difference, differences
from cli.plural import plural
from cli.session import Session
from sync_core.engine.model.mapping import EntityMapping
from sync_core.errors import Invalid, SyncError
from sync_core.handlers.mapping import entity_mapping, mapping_json

commands = typer.Typer(no_args_is_help=True, help="Field mappings as a file: export, compare, import.")
_STYLES = {"+": "green", "-": "red", "~": "yellow"}
Source = Annotated[Path, typer.Argument(help="A file that `mapping export` made.", show_default=False)]


@commands.command("export")
def export(
    context: typer.Context,
    entity: Annotated[
        list[str] | None, typer.Option(help="Only this table (again for more).", show_default=False)
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write to this file instead.", show_default=False)] = None,
) -> None:
    """Print the saved mappings as JSON."""
    session: Session = context.obj
    saved = {mapping.entity: mapping for mapping in session.operator.mappings.all()}
    unknown = sorted(set(entity or ()) - saved.keys())
    if unknown:
        raise Invalid(f"No mapping is saved for {', '.join(unknown)}.")
    chosen = [mapping for name, mapping in sorted(saved.items()) if (name in entity if entity else mapping.fields)]
    text = json.dumps({"mappings": [_shown(mapping) for mapping in chosen]}, indent=2, ensure_ascii=False)
    if out is None:
        session.out.print(text, markup=False)
    else:
        out.write_text(text + "\n", encoding="utf-8")
        session.err.print(f"{plural(len(chosen), 'mapping')} written to {out}.", markup=False)


@commands.command("diff")
def diff(context: typer.Context, file: Source) -> None:
    """Show what an import would change. Exit code 1 if there is something."""
    session: Session = context.obj
    found = [
        each for wanted in read(file) for each in differences(session.operator.entities.mapping(wanted.entity), wanted)
    ]
    _show(session, found)
    if found:
        raise typer.Exit(1)


@commands.command("import")
def import_(
    context: typer.Context,
    file: Source,
    dry_run: Annotated[bool, typer.Option(help="Show the changes, and save nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Save without asking.")] = False,
) -> None:
    """Save the mappings of a file. Tables that it does not name stay; nobody's save meanwhile is overwritten."""
    session: Session = context.obj
    entities = session.operator.entities
    pairs = [(entities.mapping(wanted.entity), wanted) for wanted in read(file)]
    changed = [(saved, wanted) for saved, wanted in pairs if differences(saved, wanted)]
    _show(session, [each for saved, wanted in changed for each in differences(saved, wanted)])
    for saved, wanted in changed:
        _, more = entities.tried(wanted, saved.etag)
        if ends := more["bases_end"]["contracts"]:
            at_most = "at most " if more["bases_end"]["at_most"] else ""
            session.out.print(
                f"{wanted.entity}: ends what is agreed on {at_most}{plural(ends, 'contract')}.", markup=False
            )
    if dry_run or not changed:
        return
    if not yes and not typer.confirm(f"Save {plural(len(changed), 'mapping')}?"):
        raise typer.Exit(1)
    for saved, wanted in changed:
        try:
            _, more = entities.save(wanted, saved.etag)
        except SyncError:
            session.err.print(f"{wanted.entity} was not saved.", markup=False)
            raise
        session.out.print(f"{wanted.entity}: saved, {plural(len(wanted.fields), 'field')}.", markup=False)
        started = more.get("auto_push_starts")
        if started:
            links, waited = plural(started["links"], "link"), plural(started["waiting_for_push"], "field")
            session.out.print(f"   auto_push starts: {links}; {waited} waited for a push.", markup=False)
    told = "Run `python -m cli connect`, so that Dynamics reports changes of the columns that are mapped now."
    session.out.print(session.as_typed(told), markup=False)


def read(file: Path) -> list[EntityMapping]:
    """Invalid with what is wrong in which table and row."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Invalid(f"{file} cannot be read as JSON ({type(error).__name__}).") from error
    rows = content.get("mappings") if isinstance(content, dict) else None
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and isinstance(row.get("entity"), str) for row in rows
    ):
        raise Invalid(f'{file} needs the form {{"mappings": [{{"entity": ..., "fields": [...]}}]}}.')
    names = [row["entity"] for row in rows]
    if len(names) != len(set(names)):
        raise Invalid(f"{file} has two mappings for one table.")
    return [entity_mapping(row["entity"], row) for row in rows]


def _shown(mapping: EntityMapping) -> Mapping[str, Any]:
    """Without the ETag, which is of this environment only."""
    return {name: value for name, value in mapping_json(mapping).items() if name != "etag"}


def _show(session: Session, found: Sequence[Difference]) -> None:
    for each in found:
        session.out.print(Text.assemble((each.sign, _STYLES[each.sign]), f" {each.entity}: {each.text}"))
    if not found:
        session.out.print("No difference.", markup=False)
