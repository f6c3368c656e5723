"""Every kind of fault, and at which I/O steps it can happen; which pairs are impossible, and why."""

from __future__ import annotations

from collections.abc import Mapping

ONEFLOW_READS = ("oneflow.read", "oneflow.events", "oneflow.templates", "oneflow.find", "oneflow.ping")
ONEFLOW_WRITES = ("oneflow.write", "oneflow.create")
DYNAMICS_READS = ("dynamics.read", "dynamics.rights", "dynamics.columns")
DYNAMICS_WRITES = ("dynamics.write",)
VENDORS = ONEFLOW_READS + ONEFLOW_WRITES + DYNAMICS_READS + DYNAMICS_WRITES
VENDOR_WRITES = ONEFLOW_WRITES + DYNAMICS_WRITES

STORAGE_READS = ("link.open", "links.of_record", "history.read", "due.read", "creation.get", "mapping.get",
                 "marks.read", "letter.read", "queue.get", "queue.length")  # fmt: skip
STORAGE_WRITES = (
    "link.take", "link.close", "link.settle", "link.index", "link.create", "link.remove", "link.unindex", "link.move",
    "history.append", "due.put", "due.drop", "log.note", "creation.start", "creation.finish", "creation.forget",
    "letter.add", "letter.drop", "operation.begin", "operation.finish", "marks.write", "queue.put", "queue.delete",
)  # fmt: skip
STORAGE = STORAGE_READS + STORAGE_WRITES
EVERY_STEP = VENDORS + STORAGE
EVENTS = ("webhook", "event")  # what Oneflow and Dataverse send

# kind -> (what it is, the steps where it can happen)
KINDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "rate_limited": ("429 with Retry-After", VENDORS),
    "server_error": ("5xx, nothing was done", VENDORS),
    "server_error_done": ("5xx, and yet it was done", VENDOR_WRITES),
    "timeout": ("no answer, nothing was done", VENDORS),
    "timeout_done": ("no answer, and yet it was done", VENDOR_WRITES),
    "timeout_late": ("no answer; it is done a while later", ("oneflow.write",)),
    "token_refused": ("401: the token expired or was revoked", VENDORS),
    "half_applied": ("a write of several fields stores half of them, then 5xx", ("oneflow.write",)),
    "changes_nothing": ("200, and nothing changed", ("oneflow.write", "dynamics.write")),
    "refused": ("400: not this value", VENDOR_WRITES),
    "refused_for_now": ("a right, a rule or a plan that is lacking, and comes back later, by each code",
                        ("oneflow.write", "dynamics.write")),
    "token_revoked": ("401 for everything, for hours", ("oneflow.read", "oneflow.write", "dynamics.read",
                                                        "dynamics.write")),
    "other_time_form": ("a time is written otherwise: Z, a fraction, another offset", ("oneflow.read",
                                                                                       "oneflow.write")),
    "stamped_early": ("a person's edit is stamped one second before our last write", ("oneflow.read",)),
    "stored_trimmed": ("what is stored has no blanks at its ends", ("oneflow.write",)),
    "stranger_of_the_name": ("a creation's answer is lost beside a stranger's contract of the same name",
                             ("oneflow.create",)),
    "message_of_another": ("another installation's message, on the queue that both use", ("queue.get",)),
    "taken_by_another": ("another installation takes a message of ours, and puts it back", ("queue.get",)),
    "too_large": ("more than one transaction of storage takes", ("link.take", "link.close")),
    "stale_read": ("a read shows the state before the last change", ("oneflow.read",)),
    "signed_meanwhile": ("a counterparty signs between our read and our write", ("oneflow.write",)),
    "edited_meanwhile": ("a counterparty edits between our read and our write: the one window", ("oneflow.write",)),
    "colleague_meanwhile": ("a colleague saves the record between our read and our write", ("dynamics.write",)),
    "storage_error": ("storage fails, nothing was done", STORAGE),
    "storage_lost_answer": ("storage did it, the answer got lost", STORAGE_WRITES),
    "storage_outage": ("storage is away for a while, seen here first", STORAGE),
    "crash_before": ("the process dies just before", EVERY_STEP),
    "crash_after": ("the process dies just after", EVERY_STEP),
    "stall": ("the process stands still for up to twice its lock", EVERY_STEP),
    "event_dropped": ("it never comes", EVENTS),
    "event_twice": ("it comes twice", EVENTS),
    "event_late": ("it comes up to two hours late", EVENTS),
    "event_overtaken": ("later ones come before it", EVENTS),
    "event_forged": ("somebody sends one that is not Oneflow's", ("webhook",)),
    "event_stripped": ("its body is too large and is left out", ("event",)),
    "poison_unreadable": ("a message that is no job", ("queue.get",)),
    "poison_crasher": ("a message that kills whoever takes it", ("queue.get",)),
    "taken_twice": ("two workers get the same message", ("queue.get",)),
    "right_lost": ("the acting user may not do it (any more)", ("oneflow.read", "oneflow.write", "dynamics.read",
                                                              "dynamics.write", "dynamics.rights")),
    "deleted_meanwhile": ("the contract is deleted between our read and our write", ("oneflow.write",)),
    "contract_deleted": ("the contract was deleted", ("oneflow.read", "oneflow.events")),
    "record_deleted": ("the record was deleted", ("dynamics.read", "dynamics.write", "dynamics.rights")),
    "column_renamed": ("a mapped column has another name now", ("dynamics.read",)),
    "column_secured": ("a mapped column was secured: it reads as null, or masked", ("dynamics.read",)),
    "template_swapped": ("the contract has other data fields now", ("oneflow.read",)),
    "clock_skew": ("the machine's clock is up to nine minutes off", ("due.put",)),
    "race": ("two workers race for one link, and one comes too late", ("link.take", "link.close")),
}  # fmt: skip

# A world in which too little went wrong gets more of these: its timers and workers ask whatever people do.
FEWEST = 5  # different faults that a world meets, or one at different steps
ALWAYS = (("storage_error", "due.read"), ("storage_error", "queue.get"), ("storage_error", "queue.length"),
          ("storage_lost_answer", "marks.write"), ("stall", "due.read"))  # fmt: skip

IMPOSSIBLE: Mapping[str, str] = {
    "half_applied, changes_nothing at oneflow.create": "a creation is one draft or none (published description)",
    "half_applied at dynamics.write": "a PATCH of one record is one transaction of Dataverse",
    "timeout_late at dynamics.write": "a PATCH that comes late meets its own If-Match: either nobody wrote since, and "
    "it is done in time as far as anybody can tell, or it is refused",
    "timeout_late at oneflow.create": "no recovery could know of it: a creation is looked for two minutes after, and "
    "nothing holds a request for longer than the vendor's own time-out",
    "timeout_done, server_error_done at reads": "a read does nothing, so it cannot be done without an answer",
    "stale_read at dynamics.read": "Dataverse reads from its primary; on lag nothing is documented",
    "stale_read at storage": "Azure Tables are strongly consistent",
    "edited_meanwhile at dynamics.write": "the record's version closes that window: it is colleague_meanwhile",
    "event_forged at event": "Dataverse's events are kept out by the function's key, before any use case",
    "event_stripped at webhook": "Oneflow's notification carries ids only",
    "rate_limited at storage": "Azure's 503 (server busy) is storage_error",
}
