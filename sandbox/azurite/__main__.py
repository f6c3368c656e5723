"""`python -m sandbox.azurite install` installs it, so that a later start is quick."""

from __future__ import annotations

import sys

from sandbox.azurite.install import NotInstalled, installed

if __name__ == "__main__":
    try:
        installed()
    except NotInstalled as error:
        sys.exit(str(error))
