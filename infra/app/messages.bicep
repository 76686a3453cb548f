metadata description = 'Service Bus: saves that District Editions push, and changes of state records for whoever subscribes.'

import { ChangeSubscription, Tags, editionChangesQueue, stateChangesTopic } from '../types.bicep'

param name string
param location string
param tags Tags

@allowed(['Standard', 'Premium'])
param sku string

param zoneRedundant bool
param publicNetwork bool
param subscriptions ChangeSubscription[]

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: sku == 'Premium' ? { name: 'Premium', tier: 'Premium', capacity: 1 } : { name: 'Standard', tier: 'Standard' }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    zoneRedundant: zoneRedundant
    publicNetworkAccess: publicNetwork ? 'Enabled' : 'Disabled'
  }
}

// The session is the district: its saves are applied one after another, in the order they were sent.
resource editionChanges 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = {
  parent: namespace
  name: editionChangesQueue
  properties: {
    requiresSession: true
    requiresDuplicateDetection: true
    duplicateDetectionHistoryTimeWindow: 'P1D'
    deadLetteringOnMessageExpiration: true
    defaultMessageTimeToLive: 'P14D'
    lockDuration: 'PT5M'
    maxDeliveryCount: 10
  }
}

// The session is the student. A batch of the change feed that is published again carries the same message ids.
resource stateChanges 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' = {
  parent: namespace
  name: stateChangesTopic
  properties: {
    requiresDuplicateDetection: true
    duplicateDetectionHistoryTimeWindow: 'P1D'
    supportOrdering: true
    defaultMessageTimeToLive: 'P14D'
  }
}

resource receivers 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' = [
  for subscription in subscriptions: {
    parent: stateChanges
    name: subscription.name
    properties: {
      requiresSession: true
      deadLetteringOnMessageExpiration: true
      deadLetteringOnFilterEvaluationExceptions: true
      lockDuration: 'PT1M'
      maxDeliveryCount: 10
    }
  }
]

// Named $Default on purpose: a rule of another name is added to the one that lets everything pass.
resource filters 'Microsoft.ServiceBus/namespaces/topics/subscriptions/rules@2024-01-01' = [
  for (subscription, i) in subscriptions: {
    parent: receivers[i]
    name: '$Default'
    properties: {
      filterType: 'SqlFilter'
      sqlFilter: { sqlExpression: subscription.filter }
    }
  }
]

output id string = namespace.id
output name string = namespace.name
// The endpoint is given as https://…:443/.
output host string = split(split(namespace.properties.serviceBusEndpoint, '://')[1], ':')[0]
output queue string = editionChanges.name
output topic string = stateChanges.name
