"""A simulator of Oneflow's public REST API and its webhooks."""

from sandbox.faults import Fault
from sandbox.oneflow.account import seed
from sandbox.oneflow.account.people import NotPossible
from sandbox.oneflow.simulator import OneflowSimulator
from sandbox.oneflow.switches import Switches

__all__ = ["Fault", "NotPossible", "OneflowSimulator", "Switches", "seed"]
