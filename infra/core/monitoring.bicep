metadata description = 'Log Analytics, and Application Insights on top of it.'

import { Tags } from '../types.bicep'

param workspaceName string
param insightsName string
param location string
param tags Tags

@description('Logs hold ids and counts only; a school year and the certification after it fit into this.')
param retentionDays int = 400

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    features: { disableLocalAuth: true }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    // The connection string then names the place only; who may write there is a role.
    DisableLocalAuth: true
    RetentionInDays: retentionDays
  }
}

output workspaceId string = workspace.id
output insightsName string = insights.name
