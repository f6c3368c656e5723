"""Measures the app against floors of the same run. `make bench`."""
