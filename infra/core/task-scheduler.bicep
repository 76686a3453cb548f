metadata description = 'Durable Task Scheduler, when it and not the host\'s storage account is to keep the workflows.'

import { Tags } from '../types.bicep'

param name string
param location string
param tags Tags

@allowed(['Consumption', 'Dedicated'])
param sku string

resource scheduler 'Microsoft.DurableTask/schedulers@2025-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    sku: { name: sku }
    // An empty list would refuse everybody; who may call is a role.
    ipAllowlist: ['0.0.0.0/0']
  }
}

resource hub 'Microsoft.DurableTask/schedulers/taskHubs@2025-11-01' = {
  parent: scheduler
  name: 'aim'
}

output name string = scheduler.name
output endpoint string = scheduler.properties.endpoint
output hub string = hub.name
