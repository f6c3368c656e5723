"""A small sales company to start with. Ids are fixed, so that documentation and tests can name them."""

from __future__ import annotations

from datetime import UTC, datetime

from sandbox.oneflow.account.model import Account, State, Template, TemplateField, TemplateType, User, Workspace

TOKEN = "sandbox-oneflow-api-token-for-tests-0001"  # 40 characters; opens nothing but this simulator
SELLER = "kari.seller@fjordkraft.example"
ADMIN = "admin@fjordkraft.example"

SALES, PURCHASING = 501, 502
FRAME_AGREEMENT, DYNAMICS_APP, RETIRED_TYPE = 901, 902, 903
FRAME_TEMPLATE, RETIRED_TEMPLATE, DYNAMICS_TEMPLATE, PLAIN_TEMPLATE, PURCHASING_TEMPLATE = 4101, 4102, 4103, 4104, 4105

_START = datetime(2024, 1, 8, 8, 0, tzinfo=UTC)

# custom_id, name, description, placeholder, default, source
_FRAME_FIELDS = (
    ("customer_name", "Customer name", "Legal name", "Type name", "", "user"),
    ("customer_org_number", "Organisation number", "As registered", "999 888 777", "", "user"),
    ("contact_name", "Contact person", "", "", "", "user"),
    ("contact_email", "Contact e-mail", "", "name@company.example", "", "user"),
    ("delivery_address", "Delivery address", "Street, postal code, city", "", "", "user"),
    ("contract_value", "Contract value", "Excluding VAT", "0.00", "", "user"),
    ("discount_percent", "Discount %", "", "", "0", "user"),
    ("start_date", "Start date", "", "YYYY-MM-DD", "", "user"),
    ("end_date", "End date", "", "YYYY-MM-DD", "", "user"),
    ("payment_terms", "Payment terms", "", "", "30 days net", "user"),
    ("auto_renewal", "Renews by itself", "", "", "No", "user"),
    ("notes", "Special terms", "", "", "", "user"),
    ("d365_id", "Dynamics record", "Filled by the integration", "", "", "user"),
    ("contract_number", "Contract number", "Given by Oneflow", "", "", "system"),
)


def seeded_state() -> State:
    """A new account: 2 users, 2 workspaces, 3 template types, 5 templates, no contract."""
    state = State(Account(1, "Fjordkraft Sales AS", "NO", "911222333", _START))
    for user in (
        User(11, SELLER, "Kari Seller", (SALES,), title="Key account manager", phone_number="+4790000001"),
        User(12, ADMIN, "Aksel Admin", (SALES, PURCHASING), is_admin=True, title="System administrator"),
    ):
        state.users[user.id] = user
    for workspace in (Workspace(SALES, "Sales", _START), Workspace(PURCHASING, "Purchasing", _START)):
        state.workspaces[workspace.id] = workspace
    fields = tuple(
        TemplateField(7001 + i, custom_id, name, description, placeholder, value, source)
        for i, (custom_id, name, description, placeholder, value, source) in enumerate(_FRAME_FIELDS)
    )
    other = (TemplateField(7101, "of_customer", "Customer"), TemplateField(7102, "of_topic", "Topic"))
    old = (TemplateField(7201, "customer_name", "Customer name"),)
    for kind in (
        TemplateType(FRAME_AGREEMENT, "Frame agreement", _START, _START, fields, "Supply over several years"),
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
        "contract": 70001, "field": 880001, "party": 3001, "participant": 9001, "event": 55501, "webhook": 6001,
        "template_field": 7301,
    }  # fmt: skip
    return state
