metadata description = 'What somebody has to be told of. Each alert has its page in docs/runbooks.'

import { Tags } from '../types.bicep'

param location string
param tags Tags
param actionGroupName string

@description('Who is told; nobody when empty, and the alerts are then only to be seen in the portal.')
param operatorEmail string

param workspaceId string
param serviceBusId string
param cosmosId string
param eventTopicId string

@description('Throttled requests in five minutes that are worth a look. A first load of a state makes some; the SDK tries them again.')
param throttledRequests int = 500

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'aim'
    emailReceivers: empty(operatorEmail) ? [] : [{ name: 'operator', emailAddress: operatorEmail, useCommonAlertSchema: true }]
  }
}

var metricAlerts = [
  {
    name: 'dead-letters'
    description: 'A message was dead-lettered: see docs/runbooks/dead-letters.md.'
    severity: 1
    scope: serviceBusId
    metricNamespace: 'Microsoft.ServiceBus/namespaces'
    metric: 'DeadletteredMessages'
    aggregation: 'Maximum'
    threshold: 0
    dimension: { name: 'EntityName', operator: 'Include', values: ['*'] }
  }
  {
    name: 'throttling'
    description: 'Cosmos DB refuses requests for lack of throughput: see docs/runbooks/throttling.md.'
    severity: 2
    scope: cosmosId
    metricNamespace: 'Microsoft.DocumentDB/databaseAccounts'
    metric: 'TotalRequests'
    aggregation: 'Count'
    threshold: throttledRequests
    dimension: { name: 'StatusCode', operator: 'Include', values: ['429'] }
  }
  {
    name: 'undelivered-events'
    description: 'Blob events did not reach the app for a day: see docs/runbooks/stuck-upload.md.'
    severity: 2
    scope: eventTopicId
    metricNamespace: 'Microsoft.EventGrid/systemTopics'
    metric: 'DeadLetteredCount'
    aggregation: 'Total'
    threshold: 0
    dimension: { name: 'EventSubscriptionName', operator: 'Include', values: ['*'] }
  }
]

resource onMetrics 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for alert in metricAlerts: {
    name: 'aim-${alert.name}'
    location: 'global'
    tags: tags
    properties: {
      description: alert.description
      severity: alert.severity
      enabled: true
      scopes: [alert.scope]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT5M'
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: alert.name
            metricNamespace: alert.metricNamespace
            metricName: alert.metric
            timeAggregation: alert.aggregation
            operator: 'GreaterThan'
            threshold: alert.threshold
            dimensions: [alert.dimension]
          }
        ]
      }
      actions: [{ actionGroupId: operators.id }]
    }
  }
]

// The Durable extension tells of each change of an instance's state under this category; host.json keeps it at Information.
var workflowStates = 'AppTraces | where tostring(Properties.Category) == "Host.Triggers.DurableTask" | extend workflow = tostring(Properties.prop__functionName), state = tostring(Properties.prop__state)'

// The app's own log events are found by name; they hold ids and counts only.
var named = 'AppTraces | where tostring(Properties.EventName)'

var logAlerts = [
  {
    name: 'failed-night'
    description: 'The nightly sync failed: see docs/runbooks/failed-night.md.'
    severity: 1
    every: 'PT15M'
    window: 'PT30M'
    query: '${workflowStates} | where workflow == "NightlySyncWorkflow" and state == "Failed"'
  }
  {
    name: 'missing-night'
    description: 'No nightly sync was completed for 26 hours: see docs/runbooks/failed-night.md.'
    severity: 1
    every: 'PT1H'
    window: 'P2D'
    query: '${workflowStates} | where workflow == "NightlySyncWorkflow" and state == "Completed" | summarize last = max(TimeGenerated) | where isnull(last) or last < ago(26h)'
  }
  {
    name: 'disagreeing-edition'
    description: 'An edition and the state still disagree after they were synced anew: see docs/runbooks/failed-night.md.'
    severity: 2
    every: 'PT1H'
    window: 'PT2H'
    query: '${named} == "NightUnresolved"'
  }
  {
    name: 'failed-upload'
    description: 'An upload ended as Failed: see docs/runbooks/stuck-upload.md.'
    severity: 2
    every: 'PT15M'
    window: 'PT30M'
    query: '${named} == "UploadFailed"'
  }
  {
    name: 'poisoned-blob'
    description: 'A blob event was given up: see docs/runbooks/poisoned-blob.md.'
    severity: 2
    every: 'PT15M'
    window: 'PT30M'
    query: 'AppTraces | where Message has "webjobs-blobtrigger-poison"'
  }
  {
    name: 'parked-event'
    description: 'A change event is malformed and was set aside: see docs/runbooks/replay-change-feed.md.'
    severity: 1
    every: 'PT15M'
    window: 'PT30M'
    query: '${named} == "EventParked"'
  }
  {
    name: 'stopped-district'
    description: 'A message of a District Edition is bad and stops its district: see docs/runbooks/dead-letters.md.'
    severity: 1
    every: 'PT15M'
    window: 'PT30M'
    query: '${named} == "DistrictStopped"'
  }
  {
    name: 'certification-deadline'
    description: 'Districts have not certified and the deadline is near.'
    severity: 3
    every: 'P1D'
    window: 'P1D'
    query: '${named} == "CertificationDue"'
  }
]

resource onLogs 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in logAlerts: {
    name: 'aim-${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'AIM: ${replace(alert.name, '-', ' ')}'
      description: alert.description
      severity: alert.severity
      enabled: true
      // The tables appear with the first log, which is after the first deployment.
      skipQueryValidation: true
      scopes: [workspaceId]
      evaluationFrequency: alert.every
      windowSize: alert.window
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [operators.id] }
    }
  }
]
