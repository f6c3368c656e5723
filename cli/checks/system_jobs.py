"""The system jobs of our steps that failed in Dynamics: what it could not tell the app.

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/asyncoperation
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from cli.checks.finding import Finding, warning
from dynamics.description.steps import ENDPOINT
from sync_core.adapters.dataverse.api import DataverseApi
from sync_core.errors import NotAllowed

_FAILED = 31  # statuscode
LATELY = timedelta(days=7)
_MEND = (
    "Look at why: Power Platform admin center > environment > Settings > Audit and logs > System jobs. Changes that "
    "were not told are found by reconcile; a button or a flow has to ask again. Delete the jobs once they are read."
)


def failed_jobs(api: DataverseApi, now: datetime) -> Counter[str] | None:
    """By the name of the step, those of the last seven days; None where no step is registered. NotAllowed."""
    ours = {"$select": "sdkmessageprocessingstepid,name", "$filter": f"startswith(name,'{ENDPOINT}:')"}
    rows = api.rows("sdkmessageprocessingsteps", params=ours)
    steps = {str(row["sdkmessageprocessingstepid"]): str(row["name"]) for row in rows}
    if not steps:
        return None
    of_ours = " or ".join(f"_owningextensionid_value eq {step}" for step in steps)
    since = (now - LATELY).strftime("%Y-%m-%dT%H:%M:%SZ")
    params = {
        "$select": "asyncoperationid,_owningextensionid_value",
        "$filter": f"statuscode eq {_FAILED} and createdon ge {since} and ({of_ours})",
    }
    return Counter(steps[str(row["_owningextensionid_value"])] for row in api.rows("asyncoperations", params=params))


def check_system_jobs(api: DataverseApi, now: datetime) -> Iterator[Finding]:
    """Nothing where whoever asks may not look at them, as the application may not."""
    try:
        found = failed_jobs(api, now)
    except NotAllowed:
        return
    for name, count in sorted((found or {}).items()):
        jobs = "1 system job" if count == 1 else f"{count} system jobs"
        yield warning("dynamics.system_jobs", f"{jobs} of the step {name!r} failed in the last seven days.", _MEND)
