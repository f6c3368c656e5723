"""A small sales company to start with. Ids are fixed, so that documentation and tests can name them.

| constant | what |
|---|---|
| `SELLER`, `SECOND_USER` | an administrator of both workspaces; a colleague of Sales only |
| `SALES`, `PURCHASING` | the workspaces |
| `FRAME_AGREEMENT` | the template type of the story; its data fields are `STORY_FIELDS` and `SYSTEM_FIELD` |
| `FRAME_TEMPLATE` | its active template in Sales; `RETIRED_TEMPLATE` an inactive one |
| `PURCHASING_TEMPLATE` | its template in Purchasing |
| `DYNAMICS_APP`, `DYNAMICS_TEMPLATE` | of Oneflow's own Dynamics app (`extension_type` "dynamics"): not for a sync |
| `RETIRED_TYPE` | a template type that is no longer active |
| `PLAIN_TEMPLATE` | a template without a type, hence without data fields |

A new account's first contract is `FIRST_CONTRACT`, its data fields count from `FIRST_FIELD` in the type's order.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sandbox.oneflow.account.model import Account, State, Template, TemplateField, TemplateType, User, Workspace

TOKEN = "sandbox-oneflow-api-token-for-tests-0001"  # 40 characters; opens nothing but this simulator
SELLER = "kari.seller@fjordkraft.example"
SECOND_USER = "aksel.colleague@fjordkraft.example"

SALES, PURCHASING = 501, 502
FRAME_AGREEMENT, DYNAMICS_APP, RETIRED_TYPE = 901, 902, 903
FRAME_TEMPLATE, RETIRED_TEMPLATE, DYNAMICS_TEMPLATE, PLAIN_TEMPLATE, PURCHASING_TEMPLATE = 4101, 4102, 4103, 4104, 4105
FIRST_CONTRACT, FIRST_FIELD = 70001, 880001

SYSTEM_FIELD = "contract_number"
PAYMENT_TERMS = "30 days net"  # the one default of the template type that is not empty

_START = datetime(2024, 1, 8, 8, 0, tzinfo=UTC)

# custom_id, name, description, placeholder, default. All values are text: what a field is meant for is only a habit.
_FRAME_FIELDS = (
    ("customer_name", "Customer name", "Legal name", "Type name", ""),
    ("amount", "Amount", "Excluding VAT", "0.00", ""),
    ("close_date", "Closing date", "", "YYYY-MM-DD", ""),
    ("start_time", "Starts at", "Date and time", "YYYY-MM-DDTHH:MM:SSZ", ""),
    ("is_priority", "Priority", "Yes or No", "", ""),
    ("description", "Description", "Several lines", "", ""),
    ("stage", "Stage", "Label of a choice", "", ""),
    ("owner_name", "Our contact", "", "", ""),
    ("account_name", "Account", "", "", ""),
    ("reference", "Reference", "Filled by the integration", "", ""),
    ("payment_terms", "Payment terms", "", "", PAYMENT_TERMS),
)
STORY_FIELDS = tuple(custom_id for custom_id, *_ in _FRAME_FIELDS)


def seeded_state() -> State:
    """A new account: 2 users, 2 workspaces, 3 template types, 5 templates, no contract."""
    state = State(Account(1, "Fjordkraft Sales AS", "NO", "911222333", _START))
    for user in (
        User(11, SELLER, "Kari Seller", (SALES, PURCHASING), is_admin=True, title="Key account manager"),
        User(12, SECOND_USER, "Aksel Colleague", (SALES,), title="Sales support", phone_number="+4790000001"),
    ):
        state.users[user.id] = user
    for workspace in (Workspace(SALES, "Sales", _START), Workspace(PURCHASING, "Purchasing", _START)):
        state.workspaces[workspace.id] = workspace
    story = (TemplateField(7001 + i, *texts) for i, texts in enumerate(_FRAME_FIELDS))
    system = TemplateField(7050, SYSTEM_FIELD, "Contract number", "Given by Oneflow", source="system")
    other = (TemplateField(7101, "of_customer", "Customer"), TemplateField(7102, "of_topic", "Topic"))
    old = (TemplateField(7201, "customer_name", "Customer name"),)
    for kind in (
        TemplateType(FRAME_AGREEMENT, "Frame agreement", _START, _START, (*story, system), "Supply over several years"),
        TemplateType(DYNAMICS_APP, "Dynamics 365 quote", _START, _START, other, extension_type="dynamics"),
        TemplateType(RETIRED_TYPE, "Frame agreement (old)", _START, _START, old, active=False),
    ):
        state.template_types[kind.id] = kind
    for template in (
        Template(FRAME_TEMPLATE, "Frame agreement, Norwegian", FRAME_AGREEMENT, (SALES,), _START, _START),
        Template(RETIRED_TEMPLATE, "Frame agreement 2021", FRAME_AGREEMENT, (SALES,), _START, _START, active=False),
        Template(DYNAMICS_TEMPLATE, "Quote from Dynamics", DYNAMICS_APP, (SALES,), _START, _START),
        Template(PLAIN_TEMPLATE, "Letter of intent", None, (SALES, PURCHASING), _START, _START),
        Template(PURCHASING_TEMPLATE, "Frame agreement, supplier", FRAME_AGREEMENT, (PURCHASING,), _START, _START),
    ):
        state.templates[template.id] = template
    state.counters = {
        "contract": FIRST_CONTRACT, "field": FIRST_FIELD, "party": 3001, "participant": 9001, "event": 55501,
        "webhook": 6001, "template_field": 7301,
    }  # fmt: skip
    return state
