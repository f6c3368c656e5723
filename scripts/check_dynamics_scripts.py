#!/usr/bin/env python3
"""The scripts that Dynamics' own pages run (web/commands.js, web/form.js, or those named) by Microsoft's rules for
Power Apps, those of its solution checker. Needs Node.js with npm."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from sandbox.npm import TOOLS, NotInstalled, package

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ("web/commands.js", "web/form.js")
# The newest of the line that the rules are for.
ESLINT, RULES = ("eslint", "9.39.2"), ("@microsoft/eslint-plugin-power-apps", "0.5.1")


def main(files: list[str]) -> int:
    try:
        node, eslint = package(*ESLINT, TOOLS / "eslint", "bin/eslint.js")
        _, plugin = package(*RULES, TOOLS / "power-apps-rules", "lib/index.js")
    except NotInstalled as error:
        print(error, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "eslint.config.cjs"
        config.write_text(
            f"const rules = require({json.dumps(str(plugin))});\n"
            "const all = Object.keys(rules.rules).map((name) => [`power-apps/${name}`, 'error']);\n"
            "module.exports = [{ plugins: { 'power-apps': rules }, rules: Object.fromEntries(all),\n"
            "  languageOptions: { ecmaVersion: 2022, sourceType: 'script' } }];\n"
        )
        wanted = [str(Path(file).resolve()) for file in files] or [str(ROOT / file) for file in SCRIPTS]
        # ESLint looks at nothing above its working folder.
        command = [*node, str(eslint), "--config", str(config), "--no-inline-config", "--max-warnings", "0", *wanted]
        done = subprocess.run(command, cwd="/", check=False)
    if done.returncode == 0:
        print(f"{len(wanted)} scripts keep Microsoft's rules for Power Apps.")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
