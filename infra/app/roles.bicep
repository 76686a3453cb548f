metadata description = 'Every role that anybody has on the data, in one file.'

import { ChangeSubscription, editionChangesQueue, stateChangesTopic } from '../types.bicep'

@description('Object id of the function app\'s identity.')
param appPrincipalId string

@description('Tells the app\'s identity from an earlier one in the names of assignments, and is known before it exists.')
param appSeed string

@description('Object id of the Event Grid system topic\'s identity.')
param eventTopicPrincipalId string

param eventTopicName string

param uploadsAccountName string
param hostAccountName string
param cosmosAccountName string
param serviceBusName string
param insightsName string

@description('Empty when workflows are kept in the host\'s storage account.')
param taskSchedulerName string

param subscriptions ChangeSubscription[]

@description('Object ids of District Editions that push their saves by message.')
param editionSenders string[]

var roleIds = {
  blobOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  blobContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  queueContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  tableContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  messageOwner: '090c5cfd-751d-490a-894a-3ce6f1109419'
  messageReceiver: '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'
  messageSender: '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
  metricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  taskContributor: '0ad04412-c4d5-4796-b79c-f76d14c8d402'
}

// Cosmos DB has roles of its own for data; this one reads and writes items, and can't change containers.
var cosmosDataContributor = '00000000-0000-0000-0000-000000000002'

resource uploads 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: uploadsAccountName
}

resource host 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: hostAccountName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource undelivered 'containers' existing = {
      name: 'undelivered-events'
    }
  }
}

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' existing = {
  name: cosmosAccountName
}

resource serviceBus 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: serviceBusName

  resource editionChanges 'queues' existing = {
    name: editionChangesQueue
  }

  resource stateChanges 'topics' existing = {
    name: stateChangesTopic

    resource receivers 'subscriptions' existing = [
      for subscription in subscriptions: {
        name: subscription.name
      }
    ]
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource scheduler 'Microsoft.DurableTask/schedulers@2025-11-01' existing = if (!empty(taskSchedulerName)) {
  name: taskSchedulerName
}

// The app on its host account: timers and leases are blobs, the Durable task hub and retried blob events are queues and tables.
resource appOnHost 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [roleIds.blobOwner, roleIds.queueContributor, roleIds.tableContributor]: {
    scope: host
    name: guid(host.id, appSeed, role)
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

// The app on the files: the blob trigger asks for owner and for queues. Owner also signs upload URLs (user delegation), for one blob each.
resource appOnUploads 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [roleIds.blobOwner, roleIds.queueContributor]: {
    scope: uploads
    name: guid(uploads.id, appSeed, role)
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

resource appOnCosmos 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2024-11-15' = {
  parent: cosmos
  name: guid(cosmos.id, appSeed, cosmosDataContributor)
  properties: {
    principalId: appPrincipalId
    roleDefinitionId: '${cosmos.id}/sqlRoleDefinitions/${cosmosDataContributor}'
    scope: cosmos.id
  }
}

// Owner of the one queue it reads: scaling by the number of waiting sessions asks how many there are, which a receiver may not.
resource appOnEditionChanges 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: serviceBus::editionChanges
  name: guid(serviceBus::editionChanges.id, appSeed, roleIds.messageOwner)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.messageOwner)
  }
}

resource appOnStateChanges 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: serviceBus::stateChanges
  name: guid(serviceBus::stateChanges.id, appSeed, roleIds.messageSender)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.messageSender)
  }
}

resource appOnInsights 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, appSeed, roleIds.metricsPublisher)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.metricsPublisher)
  }
}

resource appOnScheduler 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(taskSchedulerName)) {
  scope: scheduler
  name: guid(scheduler.id, appSeed, roleIds.taskContributor)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.taskContributor)
  }
}

// Events that could not be delivered in a day are kept, to be looked at.
resource eventsOnUndelivered 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: host::blobs::undelivered
  name: guid(host::blobs::undelivered.id, eventTopicName, roleIds.blobContributor)
  properties: {
    principalId: eventTopicPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.blobContributor)
  }
}

resource sendersOnEditionChanges 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for sender in editionSenders: {
    scope: serviceBus::editionChanges
    name: guid(serviceBus::editionChanges.id, sender, roleIds.messageSender)
    properties: {
      principalId: sender
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.messageSender)
    }
  }
]

resource readersOnSubscriptions 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (subscription, i) in subscriptions: if (!empty(subscription.?readerPrincipalId ?? '')) {
    scope: serviceBus::stateChanges::receivers[i]
    name: guid(serviceBus::stateChanges.id, subscription.name, subscription.?readerPrincipalId ?? '', roleIds.messageReceiver)
    properties: {
      principalId: subscription.?readerPrincipalId ?? ''
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.messageReceiver)
    }
  }
]
