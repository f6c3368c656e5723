"""What lives in Dynamics: one description, the solution's files made from it, and checks of these files.

| package | |
|---|---|
| `description` | names, ids, labels: the table, pages, roles, messages, steps, commands, the app |
| `files` | solution.xml, customizations.xml and the rest, and the zip around them |
| `checks` | reads a zip and says what Dynamics would refuse, or what would be broken once it is there |
"""
