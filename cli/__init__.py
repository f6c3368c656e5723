"""The operator's command line: `python -m cli`. docs/cli.md describes every command."""
