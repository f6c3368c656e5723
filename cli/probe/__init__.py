"""Asks real accounts what nobody could confirm, on a draft that is removed whatever happens, and keeps the answers."""
