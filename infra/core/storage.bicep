metadata description = 'A storage account that takes identities only.'

import { Tags } from '../types.bicep'

param name string
param location string
param tags Tags
param sku string
param hierarchicalNamespace bool = false
param sftp bool = false

@description('Off only for an account that is reached through private endpoints alone.')
param publicNetwork bool

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    isHnsEnabled: hierarchicalNamespace
    isLocalUserEnabled: sftp
    isSftpEnabled: sftp
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: publicNetwork ? 'Enabled' : 'Disabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: publicNetwork ? 'Allow' : 'Deny'
    }
  }
}

output id string = account.id
output name string = account.name
