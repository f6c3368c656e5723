"""Log queries: checked by Microsoft's Kusto language service, and run over a few rows by a small evaluator of ours."""
