metadata description = 'Where files rest: originals, results, work, snapshots, reference data. A blob path begins with its container.'

import { BlobContainer, Tags } from '../types.bicep'

param name string
param location string
param tags Tags
param sku string
param hierarchicalNamespace bool
param sftp bool

@description('Browsers put files here by short-lived URLs.')
param webOrigins string[]

@description('Originals are neither changed nor deleted for this long; thirteen months cover a school year and its certification.')
param originalsDays int

@description('Snapshots are neither changed nor deleted for this long.')
param snapshotDays int

param immutabilityLocked bool
param softDeleteDays int

// Versioning is not to be had with a hierarchical namespace, and immutability policies not with SFTP.
var versioned = !hierarchicalNamespace
var immutable = !sftp

var containers BlobContainer[] = [
  { name: 'uploads', immutableDays: originalsDays, coolAfterDays: 60, deleteAfterDays: 0 }
  { name: 'pushed', immutableDays: originalsDays, coolAfterDays: 60, deleteAfterDays: 0 }
  { name: 'cases', immutableDays: 0, coolAfterDays: 60, deleteAfterDays: 0 }
  { name: 'saves', immutableDays: originalsDays, coolAfterDays: 60, deleteAfterDays: 0 }
  { name: 'results', immutableDays: 0, coolAfterDays: 60, deleteAfterDays: 0 }
  // An upload waits at most 14 days for its district's answer; what is older was left behind by a run that was terminated.
  { name: 'work', immutableDays: 0, coolAfterDays: 0, deleteAfterDays: 30 }
  { name: 'snapshots', immutableDays: snapshotDays, coolAfterDays: 180, deleteAfterDays: 0 }
  { name: 'reference', immutableDays: 0, coolAfterDays: 0, deleteAfterDays: 0 }
]

module account '../core/storage.bicep' = {
  params: {
    name: name
    location: location
    tags: tags
    sku: sku
    hierarchicalNamespace: hierarchicalNamespace
    sftp: sftp
    // Districts put files here from wherever they are.
    publicNetwork: true
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
    isVersioningEnabled: versioned
    deleteRetentionPolicy: { enabled: true, days: softDeleteDays, allowPermanentDelete: false }
    containerDeleteRetentionPolicy: { enabled: true, days: softDeleteDays }
    cors: {
      corsRules: [
        {
          allowedOrigins: webOrigins
          allowedMethods: ['PUT', 'OPTIONS']
          allowedHeaders: ['content-type', 'content-length', 'x-ms-blob-type', 'x-ms-blob-content-type', 'x-ms-version', 'x-ms-client-request-id', 'if-none-match']
          exposedHeaders: ['etag', 'x-ms-request-id', 'x-ms-error-code']
          maxAgeInSeconds: 3600
        }
      ]
    }
  }
}

resource places 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = [
  for container in containers: {
    parent: blobs
    name: container.name
    properties: { publicAccess: 'None' }
  }
]

// Unlocked: an owner can still lengthen or lift it. Locking is a decision for the state's records officer, made once and never undone.
resource policies 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2024-01-01' = [
  for (container, i) in containers: if (immutable && !immutabilityLocked && container.immutableDays > 0) {
    parent: places[i]
    name: 'default'
    properties: {
      immutabilityPeriodSinceCreationInDays: container.immutableDays
      allowProtectedAppendWrites: false
    }
  }
]

var cooling = filter(containers, container => container.coolAfterDays > 0)
var emptied = filter(containers, container => container.deleteAfterDays > 0)

// Nothing here deletes from uploads/ or snapshots/: a snapshot's figures lead back to the file and line they came from.
resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01' = {
  parent: storage
  name: 'default'
  dependsOn: [blobs]
  properties: {
    policy: {
      rules: concat(
        map(cooling, container => {
          name: 'cool-${container.name}'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['${container.name}/'] }
            actions: { baseBlob: { tierToCool: { daysAfterModificationGreaterThan: container.coolAfterDays } } }
          }
        }),
        map(emptied, container => {
          name: 'empty-${container.name}'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['${container.name}/'] }
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: container.deleteAfterDays } } }
          }
        }),
        versioned ? [
          {
            name: 'drop-old-work-versions'
            enabled: true
            type: 'Lifecycle'
            definition: {
              filters: { blobTypes: ['blockBlob'], prefixMatch: map(emptied, container => '${container.name}/') }
              actions: { version: { delete: { daysAfterCreationGreaterThan: 7 } } }
            }
          }
        ] : []
      )
    }
  }
}

output id string = account.outputs.id
output name string = account.outputs.name
output blobEndpoint string = storage.properties.primaryEndpoints.blob
output queueEndpoint string = storage.properties.primaryEndpoints.queue
