"""docs/values.md is what the code says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_the_page_is_as_the_code_makes_it() -> None:
    code = "import scripts.values_page as made; print(made.page(), end='')"
    made = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert made.returncode == 0, made.stderr
    written = (ROOT / "docs" / "values.md").read_text(encoding="utf-8")
    assert made.stdout == written, "run `make values-page` and commit docs/values.md"
