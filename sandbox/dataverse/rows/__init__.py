"""Rows of tables: how they are named, shown, filtered, written together and tied to one another."""
