"""Pages to click at: a stub of a Dynamics form with the widget on it, and a stub of a contract's page in Oneflow."""

from sandbox.pages.dynamics import WIDGET, DynamicsPages
from sandbox.pages.oneflow import OneflowPages

__all__ = ["WIDGET", "DynamicsPages", "OneflowPages"]
