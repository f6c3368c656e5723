"""Solutions as files: imported, upgraded, exported, uninstalled (fact sheet on solutions, 1 and 2)."""
