"""A Dataverse Web API simulator."""

from sandbox.dataverse import seed
from sandbox.dataverse.simulator import DataverseSimulator
from sandbox.dataverse.switches import Switches

__all__ = ["DataverseSimulator", "Switches", "seed"]
