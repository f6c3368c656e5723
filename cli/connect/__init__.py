"""Registers the sync in Oneflow and in Dynamics, and takes it away again: wanted and found -> plan -> apply."""
