"""Definitions of tables, columns, relationships and option sets, as the Web API shows them."""
