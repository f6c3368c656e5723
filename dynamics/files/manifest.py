"""solution.xml: what it is named, whose it is, which version, and what belongs to it."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from dynamics.description.app import APP
from dynamics.description.publisher import ABOUT, OPTION_PREFIX, PREFIX, PUBLISHER, SOLUTION, TITLE
from dynamics.description.steps import ENDPOINT_ID
from dynamics.description.whole import Whole
from dynamics.description.words import ENGLISH
from dynamics.files.xml import XSI, braced, element, empty, labels

_TABLE, _ROLE, _DASHBOARD, _WEB_RESOURCE, _SITE_MAP, _APP, _STEP, _ENDPOINT = 1, 20, 60, 61, 62, 80, 92, 95
_ADDRESS = (
    "AddressNumber", "AddressTypeCode", "City", "County", "Country", "Fax", "FreightTermsCode", "ImportSequenceNumber",
    "Latitude", "Line1", "Line2", "Line3", "Longitude", "Name", "PostalCode", "PostOfficeBox", "PrimaryContactName",
    "ShippingMethodCode", "StateOrProvince", "Telephone1", "Telephone2", "Telephone3", "TimeZoneRuleVersionNumber",
    "UPSZone", "UTCOffset", "UTCConversionTimeZoneCode",
)  # fmt: skip


def manifest(whole: Whole, version: str, managed: bool) -> Element:
    return element(
        "ImportExportXml",
        element(
            "SolutionManifest",
            element("UniqueName", SOLUTION),
            labels("LocalizedNames", "LocalizedName", TITLE),
            labels("Descriptions", "Description", ABOUT),
            element("Version", version),
            element("Managed", str(int(managed))),
            _publisher(),
            element("RootComponents", *_roots(whole)),
            element("MissingDependencies"),
        ),
        **{
            "version": "9.2.0.0",
            "SolutionPackageVersion": "9.2",
            "languagecode": str(ENGLISH),
            "generatedBy": "CrmLive",
            "xmlns:xsi": XSI,
        },
    )


def _publisher() -> Element:
    return element(
        "Publisher",
        element("UniqueName", PUBLISHER),
        labels("LocalizedNames", "LocalizedName", TITLE),
        labels("Descriptions", "Description", TITLE),
        empty("EMailAddress"),
        empty("SupportingWebsiteUrl"),
        element("CustomizationPrefix", PREFIX),
        element("CustomizationOptionValuePrefix", str(OPTION_PREFIX)),
        element("Addresses", _address(1), _address(2)),
    )


def _address(number: int) -> Element:
    known = {"AddressNumber": str(number), "AddressTypeCode": "1", "ShippingMethodCode": "1"}
    return element("Address", *(element(name, known[name]) if name in known else empty(name) for name in _ADDRESS))


def _roots(whole: Whole) -> list[Element]:
    """Messages, commands and variables have their folders instead."""
    named = [
        (_TABLE, whole.table.logical),
        *((_WEB_RESOURCE, page.name) for page in whole.pages),
        (_SITE_MAP, APP),
        (_APP, APP),
    ]
    by_id = [
        *((_ROLE, role.id) for role in whole.roles),
        (_DASHBOARD, whole.dashboard.id),
        *((_STEP, step.id) for step in whole.steps),
        (_ENDPOINT, ENDPOINT_ID),
    ]
    return [
        *(_root(kind, {"schemaName": name}) for kind, name in named),
        *(_root(kind, {"id": braced(one)}) for kind, one in by_id),
    ]


def _root(kind: int, who: dict[str, str]) -> Element:
    return element("RootComponent", type=str(kind), **who, behavior="0")
