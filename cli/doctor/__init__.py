"""Looks at everything the sync stands on, and says for each fault what mends it."""
