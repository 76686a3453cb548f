metadata description = 'Events of the uploads account. The subscription needs the deployed function and is made by infra/hooks/postdeploy.sh.'

import { Tags } from '../types.bicep'

param name string
param location string
param tags Tags
param storageId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  // Writes events that could not be delivered to the host's storage account.
  identity: { type: 'SystemAssigned' }
  properties: {
    source: storageId
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

output id string = topic.id
output name string = topic.name
output principalId string = topic.identity.principalId
