// The secrets that cannot be replaced by an identity: Oneflow's token, sign keys, the webhook's function key, and,
// only where the app signs in to Dataverse with an app registration, its client secret.
param unique string
param location string
param tags object
param principalId string
param operatorPrincipalId string
param operatorPrincipalType string
param workspaceId string
param privateNetwork bool
param recover bool
param platformMetrics bool
@secure()
param oneflowApiToken string
@secure()
param oneflowSignKeys string
@secure()
param oneflowWebhookKey string
@secure()
param dataverseClientSecret string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: 'kv-sync-${unique}'
  location: location
  tags: tags
  properties: {
    createMode: recover ? 'recover' : 'default'
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: privateNetwork ? 'Deny' : 'Allow'
    }
  }
}

resource apiToken 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = if (!empty(oneflowApiToken)) {
  parent: vault
  name: 'oneflow-api-token'
  properties: {
    contentType: 'Oneflow API token'
    value: oneflowApiToken
  }
}

resource signKeys 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = if (!empty(oneflowSignKeys)) {
  parent: vault
  name: 'oneflow-sign-keys'
  properties: {
    contentType: 'webhook sign keys, comma separated'
    value: oneflowSignKeys
  }
}

resource webhookKey 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = if (!empty(oneflowWebhookKey)) {
  parent: vault
  name: 'oneflow-webhook-key'
  properties: {
    contentType: 'function key of oneflow/webhook'
    value: oneflowWebhookKey
  }
}

resource clientSecret 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = if (!empty(dataverseClientSecret)) {
  parent: vault
  name: 'dataverse-client-secret'
  properties: {
    contentType: 'client secret for Dataverse'
    value: dataverseClientSecret
  }
}

// Key Vault Secrets User: reads values, nothing else.
resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, 'Key Vault Secrets User')
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4633458b-17de-408a-b874-0445c86b69e6')
  }
}

// Key Vault Secrets Officer for the person who deploys: sets and rotates secrets.
resource officer 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(operatorPrincipalId)) {
  name: guid(vault.id, operatorPrincipalId, 'Key Vault Secrets Officer')
  scope: vault
  properties: {
    principalId: operatorPrincipalId
    principalType: operatorPrincipalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7')
  }
}

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'AuditEvent'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: platformMetrics
      }
    ]
  }
}

output vaultId string = vault.id
output vaultName string = vault.name
output vaultUri string = vault.properties.vaultUri
