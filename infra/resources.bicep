// Everything in one resource group. The parameters are described in main.bicep, which passes them all.

@minLength(2)
@maxLength(20)
param environmentName string
param location string = resourceGroup().location
param dataverseUrl string
param oneflowUserEmail string
param authClientId string
param dataverseClientId string = ''
param oneflowApiUrl string = 'https://api.oneflow.com/v1'
param publicUrl string = ''
param dataverseAuthority string = ''
param labelLanguage string = ''
@allowed(['internalemailaddress', 'domainname'])
param userAddress string = 'internalemailaddress'
@allowed(['keep', 'remove', 'off'])
param contractRows string = 'keep'
@allowed(['off', 'keep'])
param signedDocuments string = 'off'
param historyDays int = 365
param installation string = ''
param reconcileSchedule string = '*/30 * * * * *'
@minLength(6)
param alertEmails string
param operatorPrincipalId string = ''
@allowed(['User', 'Group', 'ServicePrincipal'])
param operatorPrincipalType string = 'User'
@secure()
param oneflowApiToken string = ''
@secure()
param oneflowSignKeys string = ''
@secure()
param oneflowWebhookKey string = ''
@secure()
param dataverseClientSecret string = ''
@allowed(['3.12', '3.13'])
param pythonVersion string = '3.12'
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40
@minValue(0)
param alwaysReadyInstances int = 1
param zoneRedundant bool = false
param privateNetwork bool = false
param privateDnsZoneIds object = {}
param recoverVault bool = false
@minValue(30)
param logRetentionDays int = 90
@minValue(0)
param dailyLogCapGb int = 1
param storageLogs bool = false
param platformMetrics bool = false
param authenticationLogs bool = false

var unique = uniqueString(subscription().id, resourceGroup().id, environmentName)
var tags = { 'azd-env-name': environmentName }

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-oneflow-sync-${unique}'
  location: location
  tags: tags
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    unique: unique
    location: location
    tags: tags
    principalId: identity.properties.principalId
    retentionDays: logRetentionDays
    dailyCapGb: dailyLogCapGb
    alertEmails: alertEmails
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  name: 'network'
  params: {
    unique: unique
    location: location
    tags: tags
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  params: {
    unique: unique
    location: location
    tags: tags
    principalId: identity.properties.principalId
    operatorPrincipalId: operatorPrincipalId
    operatorPrincipalType: operatorPrincipalType
    workspaceId: monitoring.outputs.workspaceId
    zoneRedundant: zoneRedundant
    privateNetwork: privateNetwork
    storageLogs: storageLogs
    platformMetrics: platformMetrics
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  params: {
    unique: unique
    location: location
    tags: tags
    principalId: identity.properties.principalId
    operatorPrincipalId: operatorPrincipalId
    operatorPrincipalType: operatorPrincipalType
    workspaceId: monitoring.outputs.workspaceId
    privateNetwork: privateNetwork
    recover: recoverVault
    platformMetrics: platformMetrics
    oneflowApiToken: oneflowApiToken
    oneflowSignKeys: oneflowSignKeys
    oneflowWebhookKey: oneflowWebhookKey
    dataverseClientSecret: dataverseClientSecret
  }
}

module endpoints 'modules/endpoints.bicep' = if (privateNetwork) {
  name: 'endpoints'
  params: {
    unique: unique
    location: location
    tags: tags
    subnetId: privateNetwork ? network!.outputs.endpointsSubnetId : ''
    storageAccountId: storage.outputs.accountId
    vaultId: vault.outputs.vaultId
    privateDnsZoneIds: privateDnsZoneIds
  }
}

module app 'modules/app.bicep' = {
  name: 'app'
  params: {
    unique: unique
    location: location
    tags: tags
    identityId: identity.id
    identityClientId: identity.properties.clientId
    storageAccountName: storage.outputs.accountName
    packagesUrl: storage.outputs.packagesUrl
    vaultUri: vault.outputs.vaultUri
    applicationInsightsName: monitoring.outputs.applicationInsightsName
    workspaceId: monitoring.outputs.workspaceId
    subnetId: privateNetwork ? network!.outputs.appSubnetId : ''
    authClientId: authClientId
    dataverseUrl: dataverseUrl
    dataverseClientId: dataverseClientId
    dataverseAuthority: dataverseAuthority
    oneflowApiUrl: oneflowApiUrl
    oneflowUserEmail: oneflowUserEmail
    publicUrl: publicUrl
    labelLanguage: labelLanguage
    userAddress: userAddress
    contractRows: contractRows
    signedDocuments: signedDocuments
    historyDays: historyDays
    installation: installation
    reconcileSchedule: reconcileSchedule
    pythonVersion: pythonVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
    zoneRedundant: zoneRedundant
    platformMetrics: platformMetrics
    authenticationLogs: authenticationLogs
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  params: {
    unique: unique
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: monitoring.outputs.actionGroupId
    functionAppName: app.outputs.name
  }
}

output functionAppName string = app.outputs.name
output functionAppUrl string = app.outputs.url
output principalId string = identity.properties.principalId
output clientId string = empty(dataverseClientId) ? identity.properties.clientId : dataverseClientId
output keyVaultName string = vault.outputs.vaultName
output storageAccountName string = storage.outputs.accountName
output applicationInsightsName string = monitoring.outputs.applicationInsightsName
