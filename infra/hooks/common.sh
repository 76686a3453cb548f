# Shared by the hooks: what azd has to have set, and how a hook stops.
# shellcheck shell=bash

# Stops the deployment with one sentence.
stop() {
  printf '%s\n' "$1" >&2
  exit 1
}

# Each name given has to be set by azd from the outputs of infra/main.bicep.
need() {
  local name
  for name in "$@"; do
    [[ -n "${!name:-}" ]] || stop "$name is not set. Run this through azd, after 'azd provision', or export the values of 'azd env get-values'."
  done
}

# Each program given has to be installed.
need_program() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || stop "'$program' is not installed. Install it and deploy again."
  done
}

# The number of functions in the deployed build; 0 before the first deployment.
deployed_functions() {
  az functionapp function list --resource-group "$AIM_RESOURCE_GROUP" --name "$AIM_FUNCTION_APP" --query 'length(@)' --output tsv
}

# The host's own key of an extension, such as blobs_extension; empty when the build hasn't the extension.
system_key() {
  local key
  key=$(az functionapp keys list --resource-group "$AIM_RESOURCE_GROUP" --name "$AIM_FUNCTION_APP" --query "systemKeys.$1" --output tsv)
  [[ "$key" == None ]] || printf '%s' "$key"
}
