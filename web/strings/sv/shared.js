// What both pages say.
export default {
  cancel: "Avbryt",
  choices: "Alternativ",
  close: "Stäng",
  loading: "Läser in …",
  nothing_found: "Inget hittades",
  nothing_found_free: "Inget hittades; det du skrev används",
  sign_in: "Logga in",
  try_again: "Försök igen",
  on: "På",
  off: "Av",
  yes: "Ja",
  no: "Nej",
  empty: "(tomt)",
  show_more: "Visa fler",

  "problem.unreachable": "Synktjänsten svarade inte. Inget har ändrats.",
  "problem.signed_out": "Du är inte inloggad.",
  "problem.not_allowed": "Du har inte behörighet till detta.",
  "problem.vendor_down": "Dynamics eller Oneflow svarar inte just nu. Försök igen om en stund.",

  "direction.sync_once": "Synka en gång",
  "direction.sync_once.hint": "Bara när avtalet skapas",
  "direction.dynamics_to_oneflow": "Dynamics till Oneflow",
  "direction.two_way": "Tvåvägssynk",

  "policy.oneflow_wins": "Oneflow gäller",
  "policy.dynamics_wins": "Dynamics gäller",
  "policy.ask": "Fråga en person",

  "side.dynamics": "Dynamics",
  "side.oneflow": "Oneflow",

  "result.written": "Skrivet",
  "result.unchanged": "Oförändrat",
  "result.skipped": "Överhoppat",
  "result.conflict": "Konflikt",
  "result.failed": "Misslyckades",

  "state.draft": "Utkast",
  "state.pending": "Skickat",
  "state.signed": "Signerat",
  "state.declined": "Avböjt",
  "state.overdue": "Utgånget",
  "state.unknown": "Okänt läge",
};
