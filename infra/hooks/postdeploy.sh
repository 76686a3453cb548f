#!/usr/bin/env bash
# Subscribes the deployed function to the events of the uploads account. Event Grid checks the address when it subscribes, so this
# can't be done before the function is there. Running it again changes nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=common.sh
source common.sh

need AIM_RESOURCE_GROUP AIM_FUNCTION_APP AIM_API_URL AIM_EVENT_TOPIC AIM_UNDELIVERED_CONTAINER
need_program az
# The method in functions/ with the blob trigger.
function=StartUpload
# How often the host is asked whether it has started; it takes a while after a deployment.
attempts=${AIM_HOOK_ATTEMPTS:-20}
pause=${AIM_HOOK_PAUSE:-15}

key=''
for ((attempt = 1; attempt <= attempts; attempt++)); do
  key=$(system_key blobs_extension || true)
  [[ -z "$key" ]] || break
  sleep "$pause"
done
[[ -n "$key" ]] || stop "$AIM_FUNCTION_APP has no key for blob events, so it did not start with $function in it. Look at its log stream in the portal, then run 'azd hooks run postdeploy'."

# Each way a whole file can arrive: Put Blob, Put Block List, a flushed file of a hierarchical namespace, SFTP.
account=${AIM_UNDELIVERED_CONTAINER%/blobServices/*}
az eventgrid system-topic event-subscription create \
  --resource-group "$AIM_RESOURCE_GROUP" \
  --system-topic-name "$AIM_EVENT_TOPIC" \
  --name uploads \
  --endpoint-type webhook \
  --endpoint "$AIM_API_URL/runtime/webhooks/blobs?functionName=Host.Functions.$function&code=$key" \
  --included-event-types Microsoft.Storage.BlobCreated \
  --subject-begins-with /blobServices/default/containers/uploads/ \
  --advanced-filter data.api StringIn PutBlob PutBlockList FlushWithClose SftpCommit \
  --max-delivery-attempts 30 \
  --event-ttl 1440 \
  --deadletter-identity systemassigned \
  --deadletter-identity-endpoint "$account/blobServices/default/containers/${AIM_UNDELIVERED_CONTAINER##*/}" \
  --output none \
  || stop "Event Grid did not accept the subscription. Check that $AIM_API_URL answers, then run 'azd hooks run postdeploy'."
echo "Blob events of uploads go to $function."
