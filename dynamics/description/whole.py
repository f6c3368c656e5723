"""All parts together."""

from __future__ import annotations

from dataclasses import dataclass, field

from dynamics.description.commands import COMMANDS, Command
from dynamics.description.contract import CONTRACT
from dynamics.description.messages import MESSAGES, Message
from dynamics.description.pages import Page, pages
from dynamics.description.roles import ROLES, Role
from dynamics.description.steps import STEPS, Step
from dynamics.description.table import Chart, Dashboard, Form, Table, View
from dynamics.description.variables import VARIABLES, Variable
from dynamics.description.views import CHARTS, DASHBOARD, FORM, VIEWS


@dataclass(frozen=True)
class Whole:
    table: Table = CONTRACT
    form: Form = FORM
    views: tuple[View, ...] = VIEWS
    charts: tuple[Chart, ...] = CHARTS
    dashboard: Dashboard = DASHBOARD
    roles: tuple[Role, ...] = ROLES
    messages: tuple[Message, ...] = MESSAGES
    steps: tuple[Step, ...] = STEPS
    commands: tuple[Command, ...] = COMMANDS
    variables: tuple[Variable, ...] = VARIABLES
    pages: tuple[Page, ...] = field(default_factory=pages)

    def view(self, name: str) -> View:
        return next(one for one in self.views if one.name == name)

    def chart(self, name: str) -> Chart:
        return next(one for one in self.charts if one.name == name)
