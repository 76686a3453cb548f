metadata description = 'Cosmos DB: editions, state records, identities, ledger. The containers are data that the adapter reads too.'

import { Tags, Throughput } from '../types.bicep'

param name string
param location string
param tags Tags
param serverless bool
param zoneRedundant bool
param throughput Throughput
param publicNetwork bool

var database = 'aim'
var containers = loadJsonContent('../../src/Aim.Azure/cosmos-containers.json')

resource account 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' = {
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    // A freeze is one cut of the whole state: no read may miss a commit that was acknowledged before it.
    consistencyPolicy: { defaultConsistencyLevel: 'Strong' }
    enableMultipleWriteLocations: false
    locations: [
      { locationName: location, failoverPriority: 0, isZoneRedundant: zoneRedundant }
    ]
    capabilities: serverless ? [{ name: 'EnableServerless' }] : []
    backupPolicy: { type: 'Continuous', continuousModeProperties: { tier: 'Continuous30Days' } }
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: publicNetwork ? 'Enabled' : 'Disabled'
  }
}

resource records 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2024-11-15' = {
  parent: account
  name: database
  properties: { resource: { id: database } }
}

resource places 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2024-11-15' = [
  for container in containers: {
    parent: records
    name: container.name
    properties: {
      resource: union(
        {
          id: container.name
          partitionKey: {
            paths: container.partitionKeys
            kind: length(container.partitionKeys) > 1 ? 'MultiHash' : 'Hash'
            version: 2
          }
          indexingPolicy: container.indexingPolicy
        },
        container.?defaultTtl == null ? {} : { defaultTtl: container.defaultTtl }
      )
      options: serverless ? {} : { autoscaleSettings: { maxThroughput: throughput[container.name] } }
    }
  }
]

output id string = account.id
output name string = account.name
output endpoint string = account.properties.documentEndpoint
output database string = database
