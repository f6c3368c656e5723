// Private endpoints of storage and key vault, entered into the private DNS zones that are given.
param unique string
param location string
param tags object
param subnetId string
param storageAccountId string
param vaultId string
param privateDnsZoneIds object

var targets = [
  {
    group: 'blob'
    resourceId: storageAccountId
  }
  {
    group: 'queue'
    resourceId: storageAccountId
  }
  {
    group: 'table'
    resourceId: storageAccountId
  }
  {
    group: 'vault'
    resourceId: vaultId
  }
]

resource endpoints 'Microsoft.Network/privateEndpoints@2025-07-01' = [for target in targets: {
  name: 'pe-${target.group}-${unique}'
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: target.group
        properties: {
          privateLinkServiceId: target.resourceId
          groupIds: [target.group]
        }
      }
    ]
  }
}]

resource zones 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-07-01' = [for (target, number) in targets: {
  parent: endpoints[number]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: target.group
        properties: { privateDnsZoneId: privateDnsZoneIds[target.group] }
      }
    ]
  }
}]
