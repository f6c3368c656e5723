"""Schema names: a logical name is a schema name in lower case, and no rule leads back."""

from __future__ import annotations

_TABLES = {
    "systemuser": "SystemUser", "transactioncurrency": "TransactionCurrency", "businessunit": "BusinessUnit",
    "serviceendpoint": "ServiceEndpoint", "sdkmessage": "SdkMessage", "sdkmessagefilter": "SdkMessageFilter",
    "sdkmessageprocessingstep": "SdkMessageProcessingStep", "customapi": "CustomAPI", "webresource": "WebResource",
    "customapirequestparameter": "CustomAPIRequestParameter", "solutioncomponent": "SolutionComponent",
    "customapiresponseproperty": "CustomAPIResponseProperty",
}  # fmt: skip
# Columns that are more words than one.
_COLUMNS = {
    name.lower(): name
    for name in (
        "AccountId", "AccountNumber", "ApplicationId", "AzureActiveDirectoryObjectId", "BusinessUnitId", "ContactId",
        "CreatedOn", "CurrencyName", "CurrencyPrecision", "CustomerId", "CustomizationOptionValuePrefix",
        "CustomizationPrefix", "EMailAddress1", "EffectiveFrom", "EstimatedCloseDate", "EstimatedValue",
        "EstimatedValue_Base", "EventHandler", "FilteringAttributes", "FriendlyName", "FullName",
        "InternalEMailAddress", "IsDisabled", "IsManaged", "ISOCurrencyCode", "LanguageCode", "MessageFormat",
        "MobilePhone", "ModifiedBy", "ModifiedOn", "OpportunityId", "OrganizationId", "OwnerId", "OwningTeam",
        "OwningUser", "ParentAccountId", "ParentBusinessUnitId", "ParentContactId", "ParentCustomerId",
        "PricingDecimalPrecision", "PrimaryObjectTypeCode", "PublisherId", "QuoteId", "RoleId", "SolutionId",
        "StateCode", "StatusCode", "SystemUserId", "TeamId", "TotalAmount", "TransactionCurrencyId", "UniqueName",
        "VersionNumber", "SdkMessageId", "SdkMessageFilterId", "SdkMessageProcessingStepId", "ServiceEndpointId",
        "WebResourceId", "WebResourceType", "DisplayName", "AuthType", "AuthValue", "AsyncAutoDelete",
        "SupportedDeployment", "ObjectId", "ComponentType", "SolutionComponentId", "PrivilegeId", "CustomAPIId",
    )
}  # fmt: skip
_CUSTOM = {
    f"new_{name.lower()}": f"new_{name}"
    for name in ("LocalDate", "StartTime", "WallDate", "WallTime", "PartnerId", "SecretCode")
}


def table_schema_name(name: str) -> str:
    return _TABLES.get(name) or _capital(name)


def column_schema_name(name: str) -> str:
    return _COLUMNS.get(name) or _CUSTOM.get(name) or _capital(name)


def _capital(name: str) -> str:
    prefix, mark, rest = name.rpartition("_")
    return f"{prefix}{mark}{rest[:1].upper()}{rest[1:]}"
