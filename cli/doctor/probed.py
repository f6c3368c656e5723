"""What a probe saw that is not as assumed: each with what it means and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cli.checks.finding import Finding, ok, warning
from sync_core.engine.model.probed import AT, PREFIX, QUESTIONS, answers_of, verdict_of

# Where something can be done about it; the rest the sync takes into account by itself.
_REMEDIES: Mapping[str, str] = {
    "user_sees_all": "Give the user in ONEFLOW_USER_EMAIL access to every workspace that the sync is for: a contract "
    "that it does not see is read with the token alone, and nothing is written to it by itself.",
    "template_types": "Have the extension for template types switched on for the account.",
    "type_fields": "Nothing: the fields are asked of another place. Tell us if they are not offered.",
    "draft_webhook": "Nothing: drafts are looked at by the timer.",
    "acting_for": "Run `python -m cli connect`, and name an enabled user of this environment.",
    "privileges": "Run `python -m cli connect`: it brings the role up to date.",
    "row_versions": "Map such a table from Dynamics to Oneflow only.",
    "cors": "Add the organisation's address to the app's allowed origins.",
    "failed_system_jobs": "Look at Settings > System Jobs in Dynamics for what the steps say.",
    "widget_placed": "Put the widget on the form (docs/pages.md).",
}
_TAKEN_INTO_ACCOUNT = "Nothing: the sync takes it into account."


def check_probed(marks: Mapping[str, str]) -> Iterator[Finding]:
    """Nothing where no probe has run."""
    at = marks.get(AT)
    if not at:
        return
    otherwise = [name for name, position in answers_of(marks).items() if verdict_of(name, position) == "no"]
    for name in otherwise:
        seen = marks[PREFIX + name]
        text = f"Not as assumed: {QUESTIONS[name].text} Seen: {seen}."
        yield warning(f"probe.{name}", text, _REMEDIES.get(name, _TAKEN_INTO_ACCOUNT))
    if not otherwise:
        yield ok("probe", f"The probe of {at} saw nothing that is not as assumed.")
