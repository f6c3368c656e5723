// The whole installation: a resource group, and in it everything that resources.bicep makes.
// For a resource group that exists already, deploy resources.bicep into it instead.
targetScope = 'subscription'

@description('Name of this installation, such as prod; azd sets it.')
@minLength(2)
@maxLength(20)
param environmentName string

@description('Azure region; one that offers Flex Consumption.')
param location string

@description('Name of the resource group.')
param resourceGroupName string = 'rg-oneflow-sync-${environmentName}'

@description('Address of the Dataverse environment, such as https://contoso.crm4.dynamics.com')
param dataverseUrl string

@description('E-mail of the Oneflow user that machines act as.')
param oneflowUserEmail string

@description('Client id of the app registration with which people sign in; it has the app role Sync.Admin.')
param authClientId string

@description('Client id with which the app signs in to Dataverse. Empty: the managed identity of this deployment, without any secret.')
param dataverseClientId string = ''

@description('Address of the Oneflow API.')
param oneflowApiUrl string = 'https://api.oneflow.com/v1'

@description('Where the app is reached from outside, if it is not its own azurewebsites.net address.')
param publicUrl string = ''

@description('Sign-in authority for Dataverse; only for clouds other than the public one.')
param dataverseAuthority string = ''

@description('Language code of choice labels, such as 1033. Empty: the language of the organisation.')
param labelLanguage string = ''

@description('The column of a Dynamics user that says who they are in Oneflow; docs/security.md says what each means.')
@allowed(['internalemailaddress', 'domainname'])
param userAddress string = 'internalemailaddress'

@description('Rows of the table Oneflow contract in Dynamics: kept after a link has ended, removed with it, or off.')
@allowed(['keep', 'remove', 'off'])
param contractRows string = 'keep'

@description('The PDF of a contract that was signed: kept on its row in Dynamics, or off.')
@allowed(['off', 'keep'])
param signedDocuments string = 'off'

@description('For how many days history is kept.')
param historyDays int = 365

@description('The id that this installation has in its storage account. Empty: its own, kept there; docs/operate.md says when to name it.')
param installation string = ''

@description('NCRONTAB of the reconcile timer.')
param reconcileSchedule string = '*/30 * * * * *'

@description('Who gets alerts by e-mail: one address, or several with commas between. azd asks for it.')
@minLength(6)
param alertEmails string

@description('Object id of the person (or group) who deploys: may set secrets, and use the command-line tool on tables and queues. azd sets it.')
param operatorPrincipalId string = ''

@allowed(['User', 'Group', 'ServicePrincipal'])
@description('What operatorPrincipalId is. azd says User for a person and ServicePrincipal in a pipeline.')
param operatorPrincipalType string = 'User'

@secure()
@description('Oneflow API token. Empty: whatever the key vault holds stays.')
param oneflowApiToken string = ''

@secure()
@description('Webhook sign keys, comma separated. Empty: whatever the key vault holds stays.')
param oneflowSignKeys string = ''

@secure()
@description('Function key of oneflow/webhook. Empty: whatever the key vault holds stays.')
param oneflowWebhookKey string = ''

@secure()
@description('Client secret for Dataverse, only together with dataverseClientId. Empty: whatever the key vault holds stays.')
param dataverseClientSecret string = ''

@allowed(['3.12', '3.13'])
@description('Python of the app. 3.12: the newest that the remote build of Flex Consumption is known to serve. Take 3.13 once `az functionapp list-flexconsumption-runtimes` lists it for your region.')
param pythonVersion string = '3.12'

@allowed([512, 2048, 4096])
@description('Memory of one instance in MB.')
param instanceMemoryMB int = 2048

@description('At most so many instances per function group.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Instances that always wait for people and webhooks; 0 saves their price and costs cold starts.')
@minValue(0)
param alwaysReadyInstances int = 1

@description('Spread over availability zones (plan and storage); only in regions that have them, and only at creation.')
param zoneRedundant bool = false

@description('Reach storage and key vault through private endpoints only.')
param privateNetwork bool = false

@description('Resource ids of existing private DNS zones: blob, queue, table, vault. Needed with privateNetwork.')
param privateDnsZoneIds object = {}

@description('True once after the installation was deleted: takes the soft-deleted key vault, and its secrets, back.')
param recoverVault bool = false

@description('Days that logs are kept.')
@minValue(30)
param logRetentionDays int = 90

@description('GB of logs a day after which none is taken until the next; 0: no limit. docs/scale.md says how many to expect.')
@minValue(0)
param dailyLogCapGb int = 1

@description('Log each deletion in tables and queues, and each blob access. Every sync deletes rows: docs/scale.md has the price.')
param storageLogs bool = false

@description('Copy the platform metrics of app, storage and vault into the workspace; Azure Monitor shows them without.')
param platformMetrics bool = false

@description('Log what App Service Authentication decides. Where the plan does not offer the category, the deployment fails.')
param authenticationLogs bool = false

var tags = { 'azd-env-name': environmentName }

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: resourceGroupName
  location: location
  tags: tags
}

module resources 'resources.bicep' = {
  name: 'oneflow-sync-${environmentName}'
  scope: group
  params: {
    environmentName: environmentName
    location: location
    dataverseUrl: dataverseUrl
    oneflowUserEmail: oneflowUserEmail
    authClientId: authClientId
    dataverseClientId: dataverseClientId
    oneflowApiUrl: oneflowApiUrl
    publicUrl: publicUrl
    dataverseAuthority: dataverseAuthority
    labelLanguage: labelLanguage
    userAddress: userAddress
    contractRows: contractRows
    signedDocuments: signedDocuments
    historyDays: historyDays
    installation: installation
    reconcileSchedule: reconcileSchedule
    alertEmails: alertEmails
    operatorPrincipalId: operatorPrincipalId
    operatorPrincipalType: operatorPrincipalType
    oneflowApiToken: oneflowApiToken
    oneflowSignKeys: oneflowSignKeys
    oneflowWebhookKey: oneflowWebhookKey
    dataverseClientSecret: dataverseClientSecret
    pythonVersion: pythonVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
    zoneRedundant: zoneRedundant
    privateNetwork: privateNetwork
    privateDnsZoneIds: privateDnsZoneIds
    recoverVault: recoverVault
    logRetentionDays: logRetentionDays
    dailyLogCapGb: dailyLogCapGb
    storageLogs: storageLogs
    platformMetrics: platformMetrics
    authenticationLogs: authenticationLogs
  }
}

@description('Name of the resource group.')
output resourceGroupName string = group.name

@description('Name of the function app.')
output functionAppName string = resources.outputs.functionAppName

@description('Address of the function app; webhooks and pages live below /api.')
output functionAppUrl string = resources.outputs.functionAppUrl

@description('Object id of the managed identity of the app.')
output principalId string = resources.outputs.principalId

@description('Client id with which the app signs in to Dataverse: make its application user.')
output clientId string = resources.outputs.clientId

@description('Name of the key vault that holds the secrets.')
output keyVaultName string = resources.outputs.keyVaultName

@description('Name of the storage account with tables and queues.')
output storageAccountName string = resources.outputs.storageAccountName

@description('Name of the Application Insights component.')
output applicationInsightsName string = resources.outputs.applicationInsightsName
