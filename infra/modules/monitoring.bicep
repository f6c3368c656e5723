// Where logs and metrics go, and who hears of alerts. No instrumentation key opens anything: only the identity writes.
param unique string
param location string
param tags object
param principalId string
param retentionDays int
param dailyCapGb int
param alertEmails string

// As people write lists: a semicolon, or a comma at the end, makes no receiver without an address.
var addresses = filter(split(replace(alertEmails, ' ', ''), [',', ';']), address => !empty(address))

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: 'log-oneflow-sync-${unique}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    features: { disableLocalAuth: true }
    // Without a limit a fault that logs in a loop costs what it likes. `reconcile-not-run` tells when logs stop; the
    // other alerts are silent then (docs/operate.md).
    workspaceCapping: { dailyQuotaGb: dailyCapGb == 0 ? -1 : dailyCapGb }
  }
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-oneflow-sync-${unique}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
    IngestionMode: 'LogAnalytics'
  }
}

// Monitoring Metrics Publisher: the only way to write telemetry here.
resource publisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(applicationInsights.id, principalId, 'Monitoring Metrics Publisher')
  scope: applicationInsights
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '3913510d-42f4-4e42-8a64-420c390055eb')
  }
}

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-oneflow-sync-${unique}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'oneflowsync'
    enabled: true
    emailReceivers: [for (email, number) in addresses: {
      name: 'operator-${number}'
      emailAddress: email
      useCommonAlertSchema: true
    }]
  }
}

output workspaceId string = workspace.id
output applicationInsightsName string = applicationInsights.name
output actionGroupId string = operators.id
