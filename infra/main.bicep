metadata description = 'Everything one state needs to run AIM: one deployment, one resource group.'

targetScope = 'subscription'

import { ChangeSubscription, IdentityKind, Throughput, Tokens, namesOf } from 'types.bicep'

@description('Name of the environment, such as prod.')
@minLength(1)
@maxLength(20)
param environmentName string

@description('Region of everything but the web app.')
param location string

@description('Region of the web app\'s control plane; static web apps are not offered everywhere, and the files are served from everywhere.')
param webLocation string = 'westus2'

@description('IANA name of the state\'s time zone; the night begins at one o\'clock by it.')
param stateTimeZone string = 'America/Denver'

@description('Where tokens come from: the tenant of the state office.')
param tokens Tokens

@description('Further origins that may call the API and upload files from a browser, such as the state\'s own domain.')
param extraOrigins string[] = []

@description('Who is told of alerts.')
param operatorEmail string = ''

param identityKind IdentityKind = 'UserAssigned'

@description('Copies of storage: across zones by default.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GZRS'])
param storageSku string = 'Standard_ZRS'

@description('Zone redundancy of Cosmos DB and Service Bus Premium, in regions that have zones.')
param zoneRedundant bool = true

@description('A hierarchical namespace on the uploads account. Blob versions are not available with it.')
param hierarchicalNamespace bool = false

@description('SFTP on the uploads account, with a hierarchical namespace. Azure then offers neither versions nor immutability; see docs/deploy.md.')
param sftp bool = false

@description('Days for which originals are neither changed nor deleted; at least thirteen months.')
@minValue(396)
param originalsDays int = 400

@description('Days for which snapshots are neither changed nor deleted.')
@minValue(396)
param snapshotDays int = 3653

@description('True once the policies were locked by hand: Azure then refuses a deployment that touches them.')
param immutabilityLocked bool = false

@minValue(7)
@maxValue(365)
param softDeleteDays int = 30

@description('Cosmos DB by request instead of by throughput: for trials and small states.')
param cosmosServerless bool = false

param cosmosThroughput Throughput = {
  editions: 4000
  students: 10000
  identities: 4000
  ledger: 2000
  leases: 1000
}

@allowed(['Standard', 'Premium'])
param serviceBusSku string = 'Standard'

@description('Who receives changes of state records.')
param changeSubscriptions ChangeSubscription[] = []

@description('Object ids of District Editions that push their saves by message.')
param editionSenders string[] = []

@allowed([512, 2048, 4096])
param instanceMemory int = 2048

@minValue(40)
@maxValue(1000)
param maximumInstances int = 100

@minValue(0)
param warmInstances int = 1

@description('Durable Task Scheduler instead of the host\'s storage account.')
param taskScheduler bool = false

@allowed(['Consumption', 'Dedicated'])
param taskSchedulerSku string = 'Consumption'

@description('Reach storage, Cosmos DB and Service Bus inside a network only; Service Bus is then Premium.')
param privateEndpoints bool = false

@allowed(['Free', 'Standard'])
param webSku string = 'Standard'

var names = namesOf(environmentName, toLower(uniqueString(subscription().id, environmentName, location)))
var tags = { 'azd-env-name': environmentName }
var hierarchical = hierarchicalNamespace || sftp
var messageSku = privateEndpoints ? 'Premium' : serviceBusSku

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: names.resourceGroup
  location: location
  tags: tags
}

module identity 'core/identity.bicep' = if (identityKind == 'UserAssigned') {
  scope: group
  params: { name: names.identity, location: location, tags: tags }
}

module monitoring 'core/monitoring.bicep' = {
  scope: group
  params: { workspaceName: names.workspace, insightsName: names.insights, location: location, tags: tags }
}

module web 'app/web.bicep' = {
  scope: group
  params: { name: names.webApp, location: webLocation, tags: tags, sku: webSku }
}

var webOrigins = concat([web.outputs.origin], extraOrigins)

module uploads 'app/uploads.bicep' = {
  scope: group
  params: {
    name: names.uploadsAccount
    location: location
    tags: tags
    sku: storageSku
    hierarchicalNamespace: hierarchical
    sftp: sftp
    webOrigins: webOrigins
    originalsDays: originalsDays
    snapshotDays: snapshotDays
    immutabilityLocked: immutabilityLocked
    softDeleteDays: softDeleteDays
  }
}

module hostStorage 'app/host-storage.bicep' = {
  scope: group
  params: { name: names.hostAccount, location: location, tags: tags, sku: storageSku, publicNetwork: !privateEndpoints }
}

module records 'app/records.bicep' = {
  scope: group
  params: {
    name: names.cosmosAccount
    location: location
    tags: tags
    serverless: cosmosServerless
    zoneRedundant: zoneRedundant && !cosmosServerless
    throughput: cosmosThroughput
    publicNetwork: !privateEndpoints
  }
}

module messages 'app/messages.bicep' = {
  scope: group
  params: {
    name: names.serviceBus
    location: location
    tags: tags
    sku: messageSku
    zoneRedundant: zoneRedundant && messageSku == 'Premium'
    publicNetwork: !privateEndpoints
    subscriptions: changeSubscriptions
  }
}

module scheduler 'core/task-scheduler.bicep' = if (taskScheduler) {
  scope: group
  params: { name: names.taskScheduler, location: location, tags: tags, sku: taskSchedulerSku }
}

module eventTopic 'core/event-topic.bicep' = {
  scope: group
  params: { name: names.eventTopic, location: location, tags: tags, storageId: uploads.outputs.id }
}

var storageType = 'Microsoft.Storage/storageAccounts'
var zones = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  cosmos: 'privatelink.documents.azure.com'
  serviceBus: 'privatelink.servicebus.windows.net'
}
var endpoints = [
  { name: 'uploads-blob', service: 'blob', zone: zones.blob, type: storageType, resource: names.uploadsAccount }
  { name: 'uploads-queue', service: 'queue', zone: zones.queue, type: storageType, resource: names.uploadsAccount }
  { name: 'host-blob', service: 'blob', zone: zones.blob, type: storageType, resource: names.hostAccount }
  { name: 'host-queue', service: 'queue', zone: zones.queue, type: storageType, resource: names.hostAccount }
  { name: 'host-table', service: 'table', zone: zones.table, type: storageType, resource: names.hostAccount }
  { name: 'cosmos', service: 'Sql', zone: zones.cosmos, type: 'Microsoft.DocumentDB/databaseAccounts', resource: names.cosmosAccount }
  { name: 'service-bus', service: 'namespace', zone: zones.serviceBus, type: 'Microsoft.ServiceBus/namespaces', resource: names.serviceBus }
]

module network 'core/network.bicep' = if (privateEndpoints) {
  scope: group
  params: { name: names.network, location: location, tags: tags, zones: [zones.blob, zones.queue, zones.table, zones.cosmos, zones.serviceBus] }
}

module privateLinks 'core/private-endpoint.bicep' = [
  for endpoint in endpoints: if (privateEndpoints) {
    scope: group
    params: {
      name: 'pep-aim-${endpoint.name}'
      location: location
      tags: tags
      subnetId: network!.outputs.endpointsSubnetId
      resourceId: resourceId(subscription().subscriptionId, names.resourceGroup, endpoint.type, endpoint.resource)
      service: endpoint.service
      zone: endpoint.zone
    }
    dependsOn: [uploads, hostStorage, records, messages]
  }
]

var storageSettings = {
  AzureWebJobsStorage__blobServiceUri: hostStorage.outputs.blobEndpoint
  AzureWebJobsStorage__queueServiceUri: hostStorage.outputs.queueEndpoint
  AzureWebJobsStorage__tableServiceUri: hostStorage.outputs.tableEndpoint
  Uploads__blobServiceUri: uploads.outputs.blobEndpoint
  Uploads__queueServiceUri: uploads.outputs.queueEndpoint
}

// Over host.json: the hub's back end is a matter of the environment.
var schedulerSettings = taskScheduler ? {
  AzureFunctionsJobHost__extensions__durableTask__hubName: scheduler!.outputs.hub
  AzureFunctionsJobHost__extensions__durableTask__storageProvider__type: 'azureManaged'
  AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING'
  DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Endpoint=${scheduler!.outputs.endpoint};Authentication=ManagedIdentity${identityKind == 'UserAssigned' ? ';ClientID=${identity!.outputs.clientId}' : ''}'
} : {}

module functions 'app/functions.bicep' = {
  scope: group
  params: {
    planName: names.plan
    appName: names.functionApp
    location: location
    tags: tags
    identity: {
      kind: identityKind
      resourceId: identityKind == 'UserAssigned' ? identity!.outputs.resourceId : ''
      clientId: identityKind == 'UserAssigned' ? identity!.outputs.clientId : ''
    }
    insightsName: names.insights
    deploymentContainer: hostStorage.outputs.deploymentContainer
    settings: union(storageSettings, schedulerSettings, {
      Cosmos__accountEndpoint: records.outputs.endpoint
      ServiceBus__fullyQualifiedNamespace: messages.outputs.host
      Aim__CosmosDatabase: records.outputs.database
      Aim__EditionChangesQueue: messages.outputs.queue
      Aim__StateChangesTopic: messages.outputs.topic
    })
    tokens: tokens
    webOrigins: webOrigins
    stateTimeZone: stateTimeZone
    instanceMemory: instanceMemory
    maximumInstances: maximumInstances
    warmInstances: warmInstances
    subnetId: privateEndpoints ? network!.outputs.functionsSubnetId : ''
  }
  dependsOn: [monitoring]
}

module roles 'app/roles.bicep' = {
  scope: group
  params: {
    appPrincipalId: identityKind == 'UserAssigned' ? identity!.outputs.principalId : functions.outputs.systemPrincipalId
    appSeed: '${names.functionApp}-${identityKind}'
    eventTopicPrincipalId: eventTopic.outputs.principalId
    eventTopicName: names.eventTopic
    uploadsAccountName: names.uploadsAccount
    hostAccountName: names.hostAccount
    cosmosAccountName: names.cosmosAccount
    serviceBusName: names.serviceBus
    insightsName: names.insights
    taskSchedulerName: taskScheduler ? names.taskScheduler : ''
    subscriptions: changeSubscriptions
    editionSenders: editionSenders
  }
}

module alerts 'app/alerts.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    actionGroupName: names.actionGroup
    operatorEmail: operatorEmail
    workspaceId: monitoring.outputs.workspaceId
    serviceBusId: messages.outputs.id
    cosmosId: records.outputs.id
    eventTopicId: eventTopic.outputs.id
  }
}

output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output AIM_RESOURCE_GROUP string = group.name
output AIM_FUNCTION_APP string = functions.outputs.name
output AIM_API_URL string = 'https://${functions.outputs.host}'
output AIM_WEB_URL string = web.outputs.origin
output AIM_WEB_APP string = web.outputs.name
output AIM_EVENT_TOPIC string = eventTopic.outputs.name
output AIM_UNDELIVERED_CONTAINER string = hostStorage.outputs.undeliveredContainerId
output AIM_UPLOADS_ACCOUNT string = uploads.outputs.name
output AIM_COSMOS_ENDPOINT string = records.outputs.endpoint
output AIM_COSMOS_DATABASE string = records.outputs.database
output AIM_SERVICE_BUS_HOST string = messages.outputs.host
output AIM_STATE_CHANGES_TOPIC string = messages.outputs.topic
