"""The description as a solution's files.

https://learn.microsoft.com/power-platform/alm/solution-concepts-alm
"""
