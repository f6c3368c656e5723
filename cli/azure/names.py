"""Settings of the tool that say where in Azure the app is; `azure env` writes them."""

from __future__ import annotations

SUBSCRIPTION, GROUP = "AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP"
APP, VAULT = "AZURE_FUNCTION_APP", "AZURE_KEY_VAULT"
# Another cloud's address of the resource manager; the public cloud's by default.
MANAGER = "AZURE_RESOURCE_MANAGER"
PLACES = (SUBSCRIPTION, GROUP, APP, VAULT)
# The app's settings that the tool needs too; of a name that ends with an underscore all that begin so.
SETTINGS = (
    "ONEFLOW_", "DATAVERSE_", "SYNC_", "PUBLIC_URL", "SIGN_IN_CLIENT_ID", "AzureWebJobsStorage__accountName",
    "AzureWebJobsStorage__queueServiceUri", "AzureWebJobsStorage__tableServiceUri",
)  # fmt: skip
