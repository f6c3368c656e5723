// What both pages say.
export default {
  cancel: "Cancel",
  choices: "Choices",
  close: "Close",
  loading: "Loading …",
  nothing_found: "Nothing found",
  nothing_found_free: "Nothing found; what you typed will be used",
  sign_in: "Sign in",
  try_again: "Try again",
  on: "On",
  off: "Off",
  yes: "Yes",
  no: "No",
  empty: "(empty)",
  show_more: "Show more",

  "problem.unreachable": "The sync service did not answer. Nothing has been changed.",
  "problem.signed_out": "You are not signed in.",
  "problem.not_allowed": "You do not have permission for this.",
  "problem.vendor_down": "Dynamics or Oneflow does not answer at the moment. Try again in a while.",

  "direction.sync_once": "Sync once",
  "direction.sync_once.hint": "Create only",
  "direction.dynamics_to_oneflow": "Dynamics to Oneflow",
  "direction.two_way": "Two-way sync",

  "policy.oneflow_wins": "Oneflow wins",
  "policy.dynamics_wins": "Dynamics wins",
  "policy.ask": "Ask a person",

  "side.dynamics": "Dynamics",
  "side.oneflow": "Oneflow",

  "result.written": "Written",
  "result.unchanged": "Unchanged",
  "result.skipped": "Skipped",
  "result.conflict": "Conflict",
  "result.failed": "Failed",

  "state.draft": "Draft",
  "state.pending": "Sent",
  "state.signed": "Signed",
  "state.declined": "Declined",
  "state.overdue": "Expired",
  "state.unknown": "Unknown state",
};
