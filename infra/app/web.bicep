metadata description = 'The web app, as static files. It is not linked to the Functions app: it signs in by itself and calls the API with a token, as every system does.'

import { Tags } from '../types.bicep'

param name string
param location string
param tags Tags

@allowed(['Free', 'Standard'])
param sku string

resource site 'Microsoft.Web/staticSites@2024-11-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'web' })
  sku: { name: sku, tier: sku }
  properties: {
    allowConfigFileUpdates: true
    stagingEnvironmentPolicy: 'Disabled'
  }
}

output name string = site.name
output origin string = 'https://${site.properties.defaultHostname}'
