metadata description = 'What the Functions host needs for itself: deployment packages, timers, leases, the Durable task hub, undelivered events.'

import { Tags } from '../types.bicep'

param name string
param location string
param tags Tags
param sku string
param publicNetwork bool

module account '../core/storage.bicep' = {
  params: {
    name: name
    location: location
    tags: tags
    sku: sku
    publicNetwork: publicNetwork
  }
}

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: name
  dependsOn: [account]
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: storage
  name: 'default'
  properties: {
    deleteRetentionPolicy: { enabled: true, days: 7 }
    containerDeleteRetentionPolicy: { enabled: true, days: 7 }
  }
}

resource places 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = [
  for container in ['deployments', 'undelivered-events']: {
    parent: blobs
    name: container
    properties: { publicAccess: 'None' }
  }
]

output id string = account.outputs.id
output name string = account.outputs.name
output blobEndpoint string = storage.properties.primaryEndpoints.blob
output queueEndpoint string = storage.properties.primaryEndpoints.queue
output tableEndpoint string = storage.properties.primaryEndpoints.table
output deploymentContainer string = '${storage.properties.primaryEndpoints.blob}deployments'
output undeliveredContainerId string = places[1].id
