"""The solution in the sandbox's Dynamics, as `python -m cli solution install` and `connect` bring it there."""

from __future__ import annotations

from collections.abc import Iterable

from cli.connect.items import Kind
from cli.connect.registration import ConnectRequest, Registration
from cli.solution.web_api import SolutionsInDynamics
from dynamics.build import solution
from dynamics.checks.package import Package
from dynamics.description.publisher import LOOSE_VERSION
from dynamics.description.roles import SELLER
from sandbox.administrator import Administrator
from sandbox.dataverse import seed
from sandbox.pages.dynamics import WIDGET
from sandbox.world import World
from sync_core.bootstrap.operator import Operator

_LOOK = 0.05  # seconds between two looks at an import
# What differs per environment. The steps stay off: this world tells the app of changes by steps of its own.
_PER_ENVIRONMENT = frozenset({Kind.VARIABLE, Kind.COMMAND, Kind.ROLE, Kind.PRIVILEGES, Kind.ASSIGNMENT, Kind.FORM})
_FORM = "opportunity"


def install(world: World) -> str:
    """Managed, or an upgrade where an older one is there; the version. Whatever was connected without a solution is
    taken away first."""
    env = world.patient_env | {"DYNAMICS_EVENTS_KEY": world.function_keys["dynamics_events"]}
    operator = Operator.of(env, Administrator(world.identity))
    there = SolutionsInDynamics(operator.dataverse, every=_LOOK)
    content = solution(managed=True)
    version = str(Package.read(content).manifest.findtext("Version"))
    known = there.installed()
    if known and known.version == LOOSE_VERSION:
        registration = Registration(operator, env)
        registration.look()
        list(registration.apply())
        known = None
    if known is None or known.version != version:
        staged = there.stage(content)
        wrong = [
            *staged.problems,
            *(one.error for one in there.install(staged, known is not None, _nobody) if one.error),
        ]
        if wrong:
            raise RuntimeError(f"The solution was not imported: {'; '.join(wrong)}")
        if known:
            there.promote()
    world.dataverse.people.clear_form(_FORM)  # as `connect --form` puts the widget there, `disconnect` takes it off
    registration = Registration(operator, env, ConnectRequest(forms=[_FORM]))
    registration.changes = [one for one in registration.look() if one.kind in _PER_ENVIRONMENT]
    list(registration.apply())
    give_role(world, seed.SELLERS)
    world.connect()
    return version


def uninstall(world: World) -> None:
    """The widget on the form would keep the solution, so it is taken off, and put back as by hand."""
    there = SolutionsInDynamics(Operator.of(world.patient_env, Administrator(world.identity)).dataverse)
    known = there.installed()
    if known is not None:
        people = world.dataverse.people
        on_form = people.is_on_form(_FORM, WIDGET)
        people.clear_form(_FORM)
        there.delete(known)
        if on_form:
            people.put_on_form(_FORM, WIDGET)
    world.connect()


def give_role(world: World, people: Iterable[str]) -> None:
    """The solution's role beside their sales role."""
    with world.dataverse.world.lock:
        for person in people:
            world.dataverse.world.security.assign(person, SELLER.id)


def _nobody(share: float) -> None:
    """Nobody watches the progress."""
