"""A small environment to start with. Ids are fixed, so that documentation and tests can name them.

| constant | what |
|---|---|
| `APPLICATION` | systemuserid of the application user; it may do what the role that `connect` makes lets it |
| `SELLER`, `SELLER_OID`, `SELLER_EMAIL` | a seller, who may do what the sync needs; her e-mail is known to Oneflow |
| `COLLEAGUE`, `COLLEAGUE_OID`, `COLLEAGUE_EMAIL` | another seller, who may do the same |
| `ADMINISTRATOR`, `ADMINISTRATOR_OID` | the system administrator, who installs; there is no other |
| `READER_OID` | a user who may read and write nothing; `STRANGER_OID` one who may not even read |
| `OPPORTUNITY`, `QUOTE`, `ACCOUNT`, `CONTACT`, `PROJECT` | a record of each; projects have no optimistic concurrency |
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.dataverse import platform_tables
from sandbox.dataverse.columns import money as _money
from sandbox.dataverse.columns import states as _states
from sandbox.dataverse.columns import text as _text
from sandbox.dataverse.columns import when as _when
from sandbox.dataverse.privileges import all_privileges
from sandbox.dataverse.schema import OWNING, Attribute, TableSchema

Json = dict[str, Any]

APPLICATION = "a0000000-0000-4000-8000-000000000001"
SELLER = "a0000000-0000-4000-8000-000000000002"
READER = "a0000000-0000-4000-8000-000000000003"
STRANGER = "a0000000-0000-4000-8000-000000000004"
COLLEAGUE = "a0000000-0000-4000-8000-000000000005"
ADMINISTRATOR = "a0000000-0000-4000-8000-000000000006"
SELLER_OID = "0b1ec700-0000-4000-8000-000000000002"
READER_OID = "0b1ec700-0000-4000-8000-000000000003"
STRANGER_OID = "0b1ec700-0000-4000-8000-000000000004"
COLLEAGUE_OID = "0b1ec700-0000-4000-8000-000000000005"
ADMINISTRATOR_OID = "0b1ec700-0000-4000-8000-000000000006"
APPLICATION_ID = "22222222-bbbb-4bbb-8bbb-222222222222"  # the client id that signs in
SELLER_EMAIL = "kari.seller@fjordkraft.example"
COLLEAGUE_EMAIL = "aksel.colleague@fjordkraft.example"
ORGANIZATION = "09000000-0000-4000-8000-000000000001"
CURRENCY = "c0000000-0000-4000-8000-000000000001"
ACCOUNT = "acc00000-0000-4000-8000-000000000001"
CONTACT = "c0a00000-0000-4000-8000-000000000001"
OPPORTUNITY = "0bb00000-0000-4000-8000-000000000001"
QUOTE = "90e00000-0000-4000-8000-000000000001"
PROJECT = "960ec700-0000-4000-8000-000000000001"

USERS: dict[str, Json] = {
    APPLICATION: {
        "fullname": "# Oneflow sync",
        "internalemailaddress": "",
        "domainname": "",
        "azureactivedirectoryobjectid": None,
        "applicationid": APPLICATION_ID,
    },
    ADMINISTRATOR: {
        "fullname": "Ada Administrator",
        "internalemailaddress": "ada.admin@fjordkraft.example",
        "domainname": "ada.admin@fjordkraft.example",
        "azureactivedirectoryobjectid": ADMINISTRATOR_OID,
    },
    SELLER: {
        "fullname": "Kari Seller",
        "internalemailaddress": SELLER_EMAIL,
        "domainname": SELLER_EMAIL,
        "azureactivedirectoryobjectid": SELLER_OID,
    },
    READER: {
        "fullname": "Rolf Reader",
        "internalemailaddress": SELLER_EMAIL,
        "domainname": "rolf.reader@fjordkraft.example",
        "azureactivedirectoryobjectid": READER_OID,
    },
    STRANGER: {
        "fullname": "Stine Stranger",
        "internalemailaddress": SELLER_EMAIL,
        "domainname": "stine.stranger@fjordkraft.example",
        "azureactivedirectoryobjectid": STRANGER_OID,
    },
    COLLEAGUE: {
        "fullname": "Aksel Colleague",
        "internalemailaddress": COLLEAGUE_EMAIL,
        "domainname": COLLEAGUE_EMAIL,
        "azureactivedirectoryobjectid": COLLEAGUE_OID,
    },
}
SELLERS = (SELLER, COLLEAGUE)
SWEDISH = frozenset({COLLEAGUE})  # whose Dynamics is in Swedish; everybody else's is in English


_OF_THE_ORGANIZATION = ("systemuser", "team", "transactioncurrency", "organization")
_NOUNS = {"systemuser": "User", "transactioncurrency": "TransactionCurrency"}


def _table(name: str, label: str, set_name: str, name_column: str, *attributes: Attribute) -> TableSchema:
    id_column = f"{name}id"
    shared = (
        Attribute(id_column, "Uniqueidentifier", label, updatable=False, required="SystemRequired", source=None),
        _when("createdon", "Created on", updatable=False),
        _when("modifiedon", "Modified on", updatable=False),
        Attribute("modifiedby", "Lookup", "Modified by", targets=("systemuser",), updatable=False),
        Attribute("ownerid", "Owner", "Owner", targets=("systemuser", "team")),
        *(Attribute(name, "Lookup", name.title(), targets=(to,), updatable=False) for name, to in OWNING.items()),
        Attribute("versionnumber", "BigInt", "Version", updatable=False),
    )
    each = {one.name: one for one in (*shared, *attributes)}
    owned = name not in _OF_THE_ORGANIZATION
    return TableSchema(name, label, set_name, id_column, name_column, each, noun=_NOUNS.get(name, ""), owned=owned)


_DEAL = (
    _text("name", "Topic", required="ApplicationRequired"),
    Attribute("description", "Memo", "Description", {"MaxLength": 2000}),
    Attribute("customerid", "Customer", "Potential customer", targets=("account", "contact")),
    Attribute("parentaccountid", "Lookup", "Account", targets=("account",)),
    Attribute("parentcontactid", "Lookup", "Contact", targets=("contact",)),
    Attribute("transactioncurrencyid", "Lookup", "Currency", targets=("transactioncurrency",)),
)
_STAGES = {100000000: ("Draft", "Utkast"), 100000001: ("Negotiation", "Förhandling"), 100000002: ("Won", "Vunnen")}
_INTERESTS = {1: ("Hiking", "Vandring"), 2: ("Skiing", "Skidor"), 3: ("Sailing", "Segling")}

_OPPORTUNITY = _table(
    "opportunity", "Opportunity", "opportunities", "name", *_DEAL,
    *_states(
        {0: ("Open", "Öppen"), 1: ("Won", "Vunnen"), 2: ("Lost", "Förlorad")},
        {1: (0, "In progress", "Pågår"), 3: (1, "Won", "Vunnen"), 4: (2, "Canceled", "Avbruten")},
    ),
    _money("estimatedvalue", "Est. revenue"),
    _money("estimatedvalue_base", "Est. revenue (Base)", updatable=False, attribute_of="estimatedvalue"),
    _when("estimatedclosedate", "Est. close date", "DateOnly", "DateOnly"),
    _when("new_starttime", "Starts at"),
    _when("new_localdate", "Local date", "UserLocal", "DateOnly"),
    _when("new_walltime", "Wall clock", "TimeZoneIndependent"),
    _when("new_walldate", "Wall date", "TimeZoneIndependent", "DateOnly"),
    Attribute("new_count", "Integer", "Count", {"MinValue": -100, "MaxValue": 1_000_000}),
    Attribute("new_rate", "Decimal", "Rate", {"MinValue": 0, "MaxValue": 100, "Precision": 3}),
    Attribute("new_score", "Double", "Score", {"MinValue": -1000, "MaxValue": 1000, "Precision": 2}),
    Attribute("new_priority", "Boolean", "Priority"),
    Attribute("new_stage", "Picklist", "Stage", options=_STAGES),
    Attribute("new_interests", "MultiSelectPicklist", "Interests", options=_INTERESTS),
    _text("new_secret", "Secret", secured=True),
    Attribute("new_calculated", "String", "Calculated", {"MaxLength": 100}, updatable=False, source=1),
    Attribute("new_formula", "Decimal", "Formula", {"Precision": 2}, updatable=False, source=3),
    Attribute("new_rollup", "Integer", "Rollup", {"MinValue": 0, "MaxValue": 100}, updatable=False, source=2),
    Attribute("new_partnerid", "Lookup", "Partner", targets=("account",), nav="new_PartnerId"),
    Attribute("new_file", "File", "File"),
    Attribute("new_image", "Image", "Image"),
)  # fmt: skip
_QUOTE = _table(
    "quote", "Quote", "quotes", "name", *_DEAL,
    *_states(
        {0: ("Draft", "Utkast"), 1: ("Active", "Aktiv"), 2: ("Won", "Vunnen"), 3: ("Closed", "Stängd")},
        {
            1: (0, "In progress", "Pågår"), 2: (1, "Active", "Aktiv"), 4: (2, "Won", "Vunnen"),
            5: (3, "Lost", "Förlorad"),
        },
    ),
    _money("totalamount", "Total amount"),
    _when("effectivefrom", "Effective from", "DateOnly", "DateOnly"),
)  # fmt: skip
_ACTIVE = (
    {0: ("Active", "Aktiv"), 1: ("Inactive", "Inaktiv")},
    {1: (0, "Active", "Aktiv"), 2: (1, "Inactive", "Inaktiv")},
)
_ACCOUNT = _table(
    "account", "Account", "accounts", "name", _text("name", "Account name", 160), *_states(*_ACTIVE),
    _text("accountnumber", "Account number", 20), _text("emailaddress1", "Email", 100),
    Attribute("description", "Memo", "Description", {"MaxLength": 2000}),
    Attribute("primarycontactid", "Lookup", "Primary contact", targets=("contact",)),
)  # fmt: skip
_CONTACT = _table(
    "contact", "Contact", "contacts", "fullname", _text("fullname", "Full name", 160, updatable=False),
    *_states(*_ACTIVE), _text("emailaddress1", "E-mail", 100), _text("mobilephone", "Mobile", 50),
    _text("telephone1", "Phone", 50),
    Attribute("parentcustomerid", "Customer", "Company", targets=("account", "contact")),
)  # fmt: skip
_USER = _table(
    "systemuser", "User", "systemusers", "fullname", _text("fullname", "Full name", 200, updatable=False),
    _text("internalemailaddress", "E-mail", 100), _text("domainname", "User name", 1024),
    Attribute("isdisabled", "Boolean", "Disabled"),
    Attribute("azureactivedirectoryobjectid", "Uniqueidentifier", "Object id", updatable=False),
    Attribute("applicationid", "Uniqueidentifier", "Application id", updatable=False),
)  # fmt: skip
_TEAM = _table("team", "Team", "teams", "name", _text("name", "Team name", 160))
_CURRENCIES = _table(
    "transactioncurrency", "Currency", "transactioncurrencies", "currencyname", _text("currencyname", "Name", 100),
    _text("isocurrencycode", "Currency code", 5),
    Attribute("currencyprecision", "Integer", "Precision", {"MinValue": 0, "MaxValue": 4}),
)  # fmt: skip
_ORGANIZATION = _table(
    "organization", "Organization", "organizations", "name", _text("name", "Name", 160),
    Attribute("languagecode", "Integer", "Language", {"MinValue": 0, "MaxValue": 99999}),
    Attribute("pricingdecimalprecision", "Integer", "Pricing precision", {"MinValue": 0, "MaxValue": 10}),
)  # fmt: skip

_NOTIFICATION = _table(
    "appnotification", "Notification", "appnotifications", "title", _text("title", "Title", 100, needed=True),
    Attribute("body", "Memo", "Body", {"MaxLength": 500}),
    Attribute("icontype", "Picklist", "Icon", options={
        100_000_000: ("Info", "Info"), 100_000_001: ("Success", "Lyckat"), 100_000_002: ("Failure", "Fel"),
        100_000_003: ("Warning", "Varning"), 100_000_004: ("Mention", "Omnämnande"), 100_000_005: ("Custom", "Egen"),
    }),
    Attribute("toasttype", "Picklist", "Toast", options={
        200_000_000: ("Timed", "Tidsbegränsad"), 200_000_001: ("Hidden", "Dold"),
    }),
    Attribute("ttlinseconds", "Integer", "Expires in seconds", {"MinValue": 0, "MaxValue": 2_147_483_647}),
    Attribute("data", "Memo", "Data", {"MaxLength": 5000}),
)  # fmt: skip
_NOTE = replace(
    _table(
        "annotation", "Note", "annotations", "subject", _text("subject", "Title", 500),
        Attribute("notetext", "Memo", "Description", {"MaxLength": 100_000}),
        Attribute("objectid", "Lookup", "Regarding", targets=("opportunity", "quote", "account", "contact")),
    ),
    noun="Note",
)  # fmt: skip

# A table without optimistic concurrency.
_PROJECT = replace(
    _table("new_project", "Project", "new_projects", "new_name", _text("new_name", "Name"), *_states(*_ACTIVE)),
    custom=True,
    versioned=False,
)
_BUSINESS = {
    one.name: one
    for one in (
        *(_OPPORTUNITY, _QUOTE, _ACCOUNT, _CONTACT, _PROJECT, _USER, _TEAM, _CURRENCIES, _ORGANIZATION),
        *(_NOTIFICATION, _NOTE),
    )
}
TABLES = _BUSINESS | platform_tables.TABLES

# People's roles, as an organisation without the sync has them: none of them was made for it.
SALESPERSON = platform_tables.named("role", "Salesperson")
ONLOOKER = platform_tables.named("role", "Onlooker")
BASIC = platform_tables.named("role", "Basic user")
_NAMES = {SALESPERSON: "Salesperson", ONLOOKER: "Onlooker", BASIC: "Basic user"}
_OWNED = [one for one in TABLES.values() if one.owned]
_PLATFORM = {one.privilege("Read"): "Global" for one in TABLES.values() if not one.owned}
ROLES: dict[str, dict[str, str]] = {
    SALESPERSON: _PLATFORM | {one.privilege(verb): "Global" for one in _OWNED for verb in one.verbs},
    ONLOOKER: _PLATFORM | {one.privilege("Read"): "Global" for one in _OWNED},
    # Whoever uses an app may be told of something in it.
    BASIC: _PLATFORM | {_NOTIFICATION.privilege("Read"): "Basic"},
}
for _role in ROLES.values():
    _role |= dict.fromkeys(("prvReadEntity", "prvReadAttribute", "prvReadRelationship", "prvReadOptionSet"), "Global")


def rows() -> dict[str, dict[str, Json]]:
    """The first rows of each table; lookups are (table, id)."""
    deal = {
        "customerid": ("account", ACCOUNT),
        "parentaccountid": ("account", ACCOUNT),
        "parentcontactid": ("contact", CONTACT),
        "transactioncurrencyid": ("transactioncurrency", CURRENCY),
        "ownerid": ("systemuser", SELLER),
        "statecode": 0,
        "statuscode": 1,
    }
    platform = platform_tables.rows(_BUSINESS, all_privileges(TABLES))
    for role, name in _NAMES.items():
        platform["role"][role] = {"name": name, "businessunitid": ("businessunit", platform_tables.BUSINESS_UNIT)}
    return platform | {
        "systemuser": {user: {**columns, "isdisabled": False} for user, columns in USERS.items()},
        "transactioncurrency": {
            CURRENCY: {"currencyname": "Norwegian krone", "isocurrencycode": "NOK", "currencyprecision": 2}
        },
        "organization": {ORGANIZATION: {"name": "fjordkraft", "languagecode": 1033, "pricingdecimalprecision": 2}},
        "account": {ACCOUNT: {"name": "Nordlys AS", "accountnumber": "A-1", "statecode": 0, "statuscode": 1}},
        "contact": {
            CONTACT: {
                "fullname": "Ola Kjoper",
                "emailaddress1": "ola@nordlys.example",
                "mobilephone": "+4790000000",
                "parentcustomerid": ("account", ACCOUNT),
                "statecode": 0,
                "statuscode": 1,
            }
        },
        "opportunity": {OPPORTUNITY: {**deal, "name": "Frame agreement", "new_priority": False}},
        "quote": {QUOTE: {**deal, "name": "Quote for a frame agreement"}},
        "new_project": {PROJECT: {"new_name": "Harbour", "statecode": 0, "statuscode": 1}},
    }
