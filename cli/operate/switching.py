"""`link plan | apply | undo | settle | takeover | close`: linking what exists, taking over from Oneflow's own app."""

from __future__ import annotations

import json
import signal
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cli.plural import plural
from cli.session import Session
from sync_core.adapters.plan_files import PlanWriter, read_plan
from sync_core.engine.model.instants import instant_text
from sync_core.engine.switching.plan_lines import Chosen, PlanHead, PlanKind, chosen, counted
from sync_core.engine.switching.rules import rules_of, settle_rules_of
from sync_core.errors import Invalid

commands = typer.Typer(
    no_args_is_help=True, help="Switch over: link the contracts that exist, settle what differs, take over."
)
Rules = Annotated[Path, typer.Argument(help="A JSON file with the rules (docs/switch-over.md).", show_default=False)]
Plan = Annotated[Path, typer.Argument(help="The plan, as JSON or CSV.", show_default=False)]
Out = Annotated[Path, typer.Option(help="Write the plan here, as .json and as .csv.")]
Values = Annotated[bool, typer.Option(help="Write the fields' values into the plan, too.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print what became of it as JSON.")]
_LEFT_SHOWN = 20


@commands.command("plan")
def plan(context: typer.Context, rules: Rules, out: Out = Path("link-plan"), values: Values = False) -> None:
    """Find which contracts belong to which records, by rules. Nothing is written but the plan's files."""
    session: Session = context.obj
    wanted = rules_of(_json(rules))
    head = _new_head(session, PlanKind.LINK)
    counts: Counter[str] = Counter()
    agreement: Counter[str] = Counter()
    with _writing(session, head, out, values) as writer, _bar(session, "Reading contracts") as moved:
        for page in session.operator.switch_over().plan_links(wanted):
            writer.write(page.lines)
            counts.update(counted(page.lines))
            agreement.update(str(field.agreement) for line in page.lines for field in line.fields)
            moved(page.contracts, page.total)
        writer.finish(counts)
    for name, number in counts.items():
        session.out.print(f"{name.replace('_', ' '):<10} {number}", markup=False)
    told = f"{agreement['agrees']} agree, {agreement['differs']} differ, {agreement['left']} are left alone"
    session.out.print(f"Fields beside the records found: {told}. Linking writes none of them.", markup=False)
    session.out.print(f"The plan is in {writer.json} and {writer.csv}.", markup=False)


@commands.command("settle")
def settle(context: typer.Context, rules: Rules, out: Out = Path("settle-plan"), values: Values = False) -> None:
    """Plan what becomes of fields that are not yet agreed, by a rule for each. Nothing is written but the plan's files;
    `link apply` does it."""
    session: Session = context.obj
    wanted = settle_rules_of(_json(rules))
    head = _new_head(session, PlanKind.SETTLE)
    counts: Counter[str] = Counter()
    with _writing(session, head, out, values) as writer, _bar(session, "Reading links") as moved:
        for some in session.operator.switch_over().plan_settling(wanted):
            writer.write(some.lines)
            counts.update(f"keep {line.keep}" if line.keep else "left" for line in some.lines)
            moved(some.links, some.total)
        writer.finish(counts)
    for name, number in sorted(counts.items()):
        session.out.print(f"{name:<14} {number}", markup=False)
    session.out.print(f"The plan is in {writer.json} and {writer.csv}.", markup=False)


@commands.command("apply")
def apply(context: typer.Context, file: Plan, yes: Yes = False, as_json: AsJson = False) -> None:
    """Do what a plan says, exactly as it shows it. Stopped or killed, it goes on when it is run again."""
    session: Session = context.obj
    head, lines = _read(session, file)
    wanted = chosen(head, lines)
    what = "links" if head.kind is PlanKind.LINK else "fields"
    if not yes and not typer.confirm(f"Apply {head.id}: {len(wanted)} {what}?"):
        raise typer.Exit(1)
    _run(session, "Linking" if head.kind is PlanKind.LINK else "Settling", head, wanted, as_json, undo=False)


@commands.command("undo")
def undo(context: typer.Context, file: Plan, yes: Yes = False, as_json: AsJson = False) -> None:
    """Take back what applying a plan did: its links, or every value that it overwrote. What somebody changed since is
    left, and listed."""
    session: Session = context.obj
    head, lines = _read(session, file)
    wanted = chosen(head, lines, every=True)
    if not yes and not typer.confirm(f"Take back what {head.id} did?"):
        raise typer.Exit(1)
    _run(session, "Taking back", head, wanted, as_json, undo=True)


@commands.command("takeover")
def takeover(
    context: typer.Context,
    template_type: Annotated[
        int | None, typer.Argument(help="Open this template type of Oneflow's own app.", show_default=False)
    ] = None,
    two_way_is_off: Annotated[
        bool, typer.Option(help="You confirm that the two-way sync of Oneflow's own app is off for it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the template types that Oneflow's own app owns, or open one to this sync."""
    session: Session = context.obj
    desk = session.operator.takeover
    if template_type is not None:
        one = desk.open(template_type, f"an operator ({session.sign_in})", two_way_is_off=two_way_is_off)
        session.out.print(f"{one.id} {one.name}: open.", markup=False)
        return
    types = desk.types()
    if as_json:
        shown = [{"id": one.id, "name": one.name, "opened_at": one.opened_at} for one in types]
        session.out.print_json(json.dumps({"template_types": shown}))
        return
    for one in types:
        told = f"open since {one.opened_at}" if one.opened_at else "closed"
        session.out.print(f"{one.id} {one.name}: {told}", markup=False)
    if not types:
        session.out.print("Oneflow's own app owns no template type.", markup=False)


@commands.command("close")
def close(
    context: typer.Context,
    template_type: Annotated[int, typer.Argument(help="The template type's number.", show_default=False)],
) -> None:
    """Close a template type of Oneflow's own app again. Its links stay, and no more are made."""
    session: Session = context.obj
    one = session.operator.takeover.close(template_type)
    session.out.print(f"{one.id} {one.name}: closed.", markup=False)


def _run(session: Session, doing: str, head: PlanHead, wanted: Sequence[Chosen], as_json: bool, undo: bool) -> None:
    desk = session.operator.switch_over()
    act = desk.undo if undo else desk.apply
    last = None
    with _stoppable(desk.stop) as stopped, _bar(session, doing) as moved:
        for now in act(head, wanted, stopped):
            moved(now.done - (last.done if last else 0), now.total)
            last = now
    assert last
    left = [{"line": one.line, "contract_id": one.contract_id, "why": one.why} for one in last.left]
    counts = {name: last.counts.get(name, 0) for name in ("done", "before", "left")}
    if as_json:
        session.out.print_json(json.dumps({**counts, "fields": last.fields, "left_lines": left}))
    else:
        fields = f", {plural(last.fields, 'field')} written" if head.kind is PlanKind.SETTLE else ""
        told = f"{counts['done']} done, {counts['before']} were done before, {counts['left']} left{fields}."
        session.out.print(told, markup=False)
        for one in left[:_LEFT_SHOWN]:
            session.err.print(f"   line {one['line']}, contract {one['contract_id']}: {one['why']}", markup=False)
        if len(left) > _LEFT_SHOWN:
            session.err.print(f"   and {len(left) - _LEFT_SHOWN} more; say --json.", markup=False)
    if counts["left"]:
        raise typer.Exit(1)


def _new_head(session: Session, kind: PlanKind) -> PlanHead:
    made_at = instant_text(session.operator.now())
    return PlanHead(f"{kind}-{uuid.uuid4().hex[:16]}", kind, _environment(session), made_at)


def _environment(session: Session) -> str:
    return urlsplit(session.operator.settings.dataverse_url).netloc


def _read(session: Session, file: Path) -> tuple[PlanHead, Any]:
    return read_plan(file, _environment(session))


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise Invalid(f"{file} cannot be read as JSON ({type(error).__name__}).") from error


@contextmanager
def _writing(session: Session, head: PlanHead, out: Path, values: bool) -> Iterator[PlanWriter]:
    _keep(session, out.with_suffix(".json"))
    try:
        writer = PlanWriter(head, out, values)
    except OSError as error:
        raise Invalid(f"{out} cannot be written ({type(error).__name__}).") from error
    try:
        yield writer
    finally:
        writer.close()


def _keep(session: Session, there: Path) -> None:
    """Invalid where a new plan would take the place of something that somebody may need."""
    if not there.exists():
        return
    try:
        head, _ = _read(session, there)
    except Invalid:
        raise Invalid(f"{there} is there already, and is no plan of this environment: say another --out.") from None
    if session.operator.switch_over().is_applied(head):
        raise Invalid(f"{there} is a plan that was applied, and `link undo` needs it: say another --out.")


@contextmanager
def _bar(session: Session, what: str) -> Iterator[Callable[[int, int], None]]:
    """Tell it how many more are done, and of how many."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=session.err, transient=True, disable=not session.err.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda more, total: progress.update(task, advance=more, total=total)


@contextmanager
def _stoppable(stop: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Ctrl-C ends the run where it is whole; what it did is kept."""
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        stop()

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
