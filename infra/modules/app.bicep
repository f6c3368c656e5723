// The plan, the function app, its settings, who is let in, and its logs.
//
// Python 3.12 is the default: Flex Consumption runs 3.10 to 3.13, but its remote build, which installs
// requirements.txt for Linux, was documented up to 3.12 when this was written, and the library `azure-functions` for
// 3.12 (1.26) has years of use. 3.13 is tested as well, through Azure's own worker library, and may be chosen.
param unique string
param location string
param tags object
param identityId string
param identityClientId string
param storageAccountName string
param packagesUrl string
param vaultUri string
param applicationInsightsName string
param workspaceId string
param subnetId string
param authClientId string
param dataverseUrl string
param dataverseClientId string
param dataverseAuthority string
param oneflowApiUrl string
param oneflowUserEmail string
param publicUrl string
param labelLanguage string
param userAddress string
param contractRows string
param signedDocuments string
param historyDays int
param installation string
param reconcileSchedule string
param pythonVersion string
param instanceMemoryMB int
param maximumInstanceCount int
param alwaysReadyInstances int
param zoneRedundant bool
param platformMetrics bool
param authenticationLogs bool

// Threads of one instance. As many HTTP requests are given to it at once: each waits for vendors most of its time.
var threads = 16
var appName = 'func-oneflow-sync-${unique}'
var storageSuffix = environment().suffixes.storage
var trimmedDataverseUrl = endsWith(dataverseUrl, '/') ? substring(dataverseUrl, 0, length(dataverseUrl) - 1) : dataverseUrl

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: 'plan-oneflow-sync-${unique}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: appName
  location: location
  tags: union(tags, { 'azd-service-name': 'sync' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled' // Oneflow and Dataverse call from the internet; keys and sign-in stand in front
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packagesUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'python'
        version: pythonVersion
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyInstances == 0 ? [] : [
          {
            name: 'http'
            instanceCount: alwaysReadyInstances
          }
        ]
        triggers: { http: { perInstanceConcurrency: threads } }
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      remoteDebuggingEnabled: false
      cors: {
        // Pages that run in Dynamics, and nobody else. They bring a bearer token, so no cookies cross.
        allowedOrigins: [trimmedDataverseUrl]
        supportCredentials: false
      }
    }
  }

  resource settings 'config' = {
    name: 'appsettings'
    properties: {
      PYTHON_THREADPOOL_THREAD_COUNT: string(threads)
      AzureWebJobsStorage__accountName: storageAccountName
      AzureWebJobsStorage__blobServiceUri: 'https://${storageAccountName}.blob.${storageSuffix}'
      AzureWebJobsStorage__queueServiceUri: 'https://${storageAccountName}.queue.${storageSuffix}'
      AzureWebJobsStorage__tableServiceUri: 'https://${storageAccountName}.table.${storageSuffix}'
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identityClientId
      APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsights.properties.ConnectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
      // References end with a slash: without a version and without it, an older version was seen to be kept.
      ONEFLOW_API_URL: oneflowApiUrl
      ONEFLOW_API_TOKEN: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/oneflow-api-token/)'
      ONEFLOW_USER_EMAIL: oneflowUserEmail
      ONEFLOW_SIGN_KEYS: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/oneflow-sign-keys/)'
      ONEFLOW_RATE_LIMIT: '2000/300'
      ONEFLOW_WEBHOOK_KEY: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/oneflow-webhook-key/)'
      PUBLIC_URL: empty(publicUrl) ? 'https://${site.properties.defaultHostName}' : publicUrl
      DATAVERSE_URL: trimmedDataverseUrl
      DATAVERSE_TENANT_ID: tenant().tenantId
      DATAVERSE_CLIENT_ID: empty(dataverseClientId) ? identityClientId : dataverseClientId
      DATAVERSE_CLIENT_SECRET: empty(dataverseClientId) ? '' : '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/dataverse-client-secret/)'
      DATAVERSE_AUTHORITY: dataverseAuthority
      SYNC_RECONCILE_SCHEDULE: reconcileSchedule
      SYNC_LABEL_LANGUAGE: labelLanguage
      SYNC_USER_ADDRESS: userAddress
      SYNC_CONTRACT_ROWS: contractRows
      SYNC_SIGNED_DOCUMENTS: signedDocuments
      SYNC_HISTORY_DAYS: string(historyDays)
      SYNC_INSTALLATION: installation
      SYNC_LOCK_SECONDS: '300'
      SIGN_IN_CLIENT_ID: authClientId
    }
  }

  // People are signed in before a request reaches the app. Let through: what anyone may read, and the machines'
  // two routes, each of which the host guards with a function key of its own.
  resource authentication 'config' = {
    name: 'authsettingsV2'
    properties: {
      platform: { enabled: true }
      globalValidation: {
        requireAuthentication: true
        unauthenticatedClientAction: 'Return401'
        excludedPaths: [
          '/api/health'
          '/api/openapi.json'
          '/api/ui/*'
          '/api/oneflow/webhook'
          '/api/dynamics/events'
        ]
      }
      identityProviders: {
        azureActiveDirectory: {
          enabled: true
          registration: {
            openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
            clientId: authClientId // no secret: the pages bring a token of their own, which is only checked here
          }
          validation: {
            allowedAudiences: [
              authClientId
              'api://${authClientId}'
            ]
          }
        }
      }
      login: { tokenStore: { enabled: false } }
      httpSettings: { requireHttps: true }
    }
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: site
  properties: {
    workspaceId: workspaceId
    logs: concat([
      {
        category: 'FunctionAppLogs'
        enabled: true
      }
    ], authenticationLogs ? [
      {
        category: 'AppServiceAuthenticationLogs'
        enabled: true
      }
    ] : [])
    metrics: [
      {
        category: 'AllMetrics'
        enabled: platformMetrics
      }
    ]
  }
}

output name string = site.name
output url string = 'https://${site.properties.defaultHostName}'
