metadata description = 'One service of one resource, reached inside the network.'

import { Tags } from '../types.bicep'

param name string
param location string
param tags Tags
param subnetId string
param resourceId string

@description('Which service of the resource: blob, queue, table, Sql, namespace.')
param service string

param zone string

resource dns 'Microsoft.Network/privateDnsZones@2024-06-01' existing = {
  name: zone
}

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: name
        properties: { privateLinkServiceId: resourceId, groupIds: [service] }
      }
    ]
  }

  resource group 'privateDnsZoneGroups' = {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [{ name: service, properties: { privateDnsZoneId: dns.id } }]
    }
  }
}
