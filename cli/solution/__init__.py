"""The solution in Dynamics: staged, installed, upgraded, uninstalled, by the Web API."""
