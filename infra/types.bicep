metadata description = 'The shapes that modules agree on, and how resources are named.'

@export()
@description('Names of the resources of one environment. Storage accounts take lower-case letters and digits only.')
type ResourceNames = {
  resourceGroup: string
  identity: string
  uploadsAccount: string
  hostAccount: string
  cosmosAccount: string
  serviceBus: string
  plan: string
  functionApp: string
  webApp: string
  eventTopic: string
  taskScheduler: string
  workspace: string
  insights: string
  actionGroup: string
  network: string
}

@export()
@description('All names follow from the environment and a token that is unique to subscription, environment and region.')
func namesOf(environment string, token string) ResourceNames => {
  resourceGroup: 'rg-aim-${environment}'
  identity: 'id-aim-${token}'
  uploadsAccount: 'staim${token}'
  hostAccount: 'staimhost${token}'
  cosmosAccount: 'cosmos-aim-${token}'
  serviceBus: 'sb-aim-${token}'
  plan: 'plan-aim-${token}'
  functionApp: 'func-aim-${token}'
  webApp: 'stapp-aim-${token}'
  eventTopic: 'evgt-aim-${token}'
  taskScheduler: 'dts-aim-${token}'
  workspace: 'log-aim-${token}'
  insights: 'appi-aim-${token}'
  actionGroup: 'ag-aim-${token}'
  network: 'vnet-aim-${token}'
}

@export()
type Tags = { *: string }

@export()
@description('App settings by name.')
type Settings = { *: string }

@export()
@description('Who the function app is to the other resources.')
type IdentityKind = 'UserAssigned' | 'SystemAssigned'

@export()
@description('An identity as modules hand it on; clientId is empty for a system-assigned one.')
type AppIdentity = {
  kind: IdentityKind
  resourceId: string
  clientId: string
}

@export()
@description('A blob container. Days of 0 mean: no policy. A container of work is emptied by itself.')
type BlobContainer = {
  name: string
  @minValue(0)
  immutableDays: int
  @minValue(0)
  coolAfterDays: int
  @minValue(0)
  deleteAfterDays: int
}

@export()
@description('Autoscale: the most request units a second of each container; the least is a tenth of it.')
type Throughput = {
  @minValue(1000)
  editions: int
  @minValue(1000)
  students: int
  @minValue(1000)
  identities: int
  @minValue(1000)
  ledger: int
  @minValue(1000)
  leases: int
}

@export()
@description('A receiver of state changes. The filter is SQL over type, district, schoolYear and sections.')
type ChangeSubscription = {
  @minLength(1)
  @maxLength(50)
  name: string
  filter: string
  @description('Object id of the receiver\'s service principal; it may read this subscription and nothing else.')
  readerPrincipalId: string?
}

@export()
@description('Where tokens come from and who they are for.')
type Tokens = {
  issuer: string
  audience: string
  authority: string
}

@export()
@description('Where District Editions push their saves; the trigger in functions/ names it too.')
var editionChangesQueue = 'edition-changes'

@export()
@description('Where changes of state records are told.')
var stateChangesTopic = 'state-changes'
