// One account: the package, the host's own blobs, the queues and the tables. Keys and shared signatures are off.
param unique string
param location string
param tags object
param principalId string
param operatorPrincipalId string
param operatorPrincipalType string
param workspaceId string
param zoneRedundant bool
param privateNetwork bool
param storageLogs bool
param platformMetrics bool

// The app makes what is missing, but its queue triggers wait until their queues are there.
var queueNames = ['sync-jobs', 'sync-jobs-poison']
var tableNames = ['contracts', 'deadletters', 'due', 'mappings', 'marks', 'measures', 'operations', 'records']

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: 'stsync${unique}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS' }
  properties: {
    accessTier: 'Hot'
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    isLocalUserEnabled: false
    isSftpEnabled: false
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      // Without a private network the platform reaches storage from addresses that nobody can list; Entra ID guards it.
      defaultAction: privateNetwork ? 'Deny' : 'Allow'
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: {
        enabled: true
        days: 7
      }
      containerDeleteRetentionPolicy: {
        enabled: true
        days: 7
      }
    }

    resource packages 'containers' = {
      name: 'packages'
      properties: { publicAccess: 'None' }
    }
  }

  resource queueService 'queueServices' = {
    name: 'default'

    resource queues 'queues' = [for name in queueNames: {
      name: name
    }]
  }

  resource tableService 'tableServices' = {
    name: 'default'

    resource tables 'tables' = [for name in tableNames: {
      name: name
    }]
  }
}

// Storage Blob Data Owner (package, host keys, timer leases: what the Functions host asks for), Storage Queue Data
// Contributor and Storage Table Data Contributor (read, write, and make what is missing). Nothing over the account.
var dataRoles = [
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
]

resource roles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in dataRoles: {
  name: guid(account.id, principalId, role)
  scope: account
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
  }
}]

// The person who deploys runs the command-line tool, which reads and mends tables and queues: the same two roles.
var operatorDataRoles = empty(operatorPrincipalId) ? [] : skip(dataRoles, 1)

resource operatorRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in operatorDataRoles: {
  name: guid(account.id, operatorPrincipalId, role)
  scope: account
  properties: {
    principalId: operatorPrincipalId
    principalType: operatorPrincipalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
  }
}]

// Off unless asked for: a sync deletes its message and its old due row, and the host renews its leases by the minute, so
// that these lines outnumber all others. Who may read or delete at all is a matter of roles, which Azure's activity log has.
resource queueLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: account::queueService
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'StorageDelete'
        enabled: storageLogs
      }
    ]
    metrics: [
      {
        category: 'Transaction'
        enabled: platformMetrics
      }
    ]
  }
}

resource tableLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: account::tableService
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'StorageDelete'
        enabled: storageLogs
      }
    ]
    metrics: [
      {
        category: 'Transaction'
        enabled: platformMetrics
      }
    ]
  }
}

resource blobLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: account::blobs
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'StorageRead'
        enabled: storageLogs
      }
      {
        category: 'StorageWrite'
        enabled: storageLogs
      }
      {
        category: 'StorageDelete'
        enabled: storageLogs
      }
    ]
    metrics: [
      {
        category: 'Transaction'
        enabled: platformMetrics
      }
    ]
  }
}

output accountId string = account.id
output accountName string = account.name
output packagesUrl string = '${account.properties.primaryEndpoints.blob}packages'
