metadata description = 'The Functions app on Flex Consumption. Every connection is an endpoint and an identity.'

import { AppIdentity, Settings, Tags, Tokens } from '../types.bicep'

param planName string
param appName string
param location string
param tags Tags
param identity AppIdentity
param insightsName string

@description('Blob container that packages are deployed from.')
param deploymentContainer string

param settings Settings
param tokens Tokens
param webOrigins string[]

@description('IANA name of the state\'s time zone. The app reads it itself: WEBSITE_TIME_ZONE is not there on this plan.')
param stateTimeZone string

@allowed([512, 2048, 4096])
param instanceMemory int

@minValue(40)
@maxValue(1000)
param maximumInstances int

@description('Instances of the API that are kept warm.')
@minValue(0)
param warmInstances int

@description('Subnet for outgoing calls; empty without private endpoints.')
param subnetId string

var userAssigned = identity.kind == 'UserAssigned'

// A connection by identity: its endpoints, and whose identity.
var credentials = toObject(
  ['AzureWebJobsStorage', 'Uploads', 'Cosmos', 'ServiceBus'],
  connection => '${connection}__credential',
  _ => 'managedidentity'
)
var clients = toObject(
  ['AzureWebJobsStorage', 'Uploads', 'Cosmos', 'ServiceBus'],
  connection => '${connection}__clientId',
  _ => identity.clientId
)

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: appName
  location: location
  tags: union(tags, { 'azd-service-name': 'functions' })
  kind: 'functionapp,linux'
  identity: userAssigned
    ? { type: 'UserAssigned', userAssignedIdentities: { '${identity.resourceId}': {} } }
    : { type: 'SystemAssigned' }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      runtime: { name: 'dotnet-isolated', version: '10.0' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainer
          authentication: userAssigned
            ? { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identity.resourceId }
            : { type: 'SystemAssignedIdentity' }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemory
        maximumInstanceCount: maximumInstances
        alwaysReady: warmInstances > 0 ? [{ name: 'http', instanceCount: warmInstances }] : []
        triggers: { http: { perInstanceConcurrency: 32 } }
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      cors: { allowedOrigins: webOrigins, supportCredentials: false }
    }
  }

  // Deployment is by identity; passwords for it are not given out.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(
      settings,
      credentials,
      userAssigned ? clients : {},
      userAssigned ? { AZURE_CLIENT_ID: identity.clientId } : {},
      {
        APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING: userAssigned ? 'Authorization=AAD;ClientId=${identity.clientId}' : 'Authorization=AAD'
        Aim__StateTimeZone: stateTimeZone
        Aim__WebOrigin: webOrigins[0]
        Tokens__Issuer: tokens.issuer
        Tokens__Audience: tokens.audience
        Tokens__Authority: tokens.authority
      }
    )
  }
}

output name string = app.name
output host string = app.properties.defaultHostName
output systemPrincipalId string = userAssigned ? '' : app.identity.principalId
