#!/usr/bin/env bash
# Refuses a deployment that would leave a running workflow without its code: the history of an instance can be replayed by the workflow
# that wrote it, and by no other. infra/workflows.txt lists the workflows of this build; a test keeps it true.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=common.sh
source common.sh

need AIM_RESOURCE_GROUP AIM_FUNCTION_APP AIM_API_URL
need_program az curl
workflows=../workflows.txt
[[ -s "$workflows" ]] || stop "infra/workflows.txt is missing or empty. Run the tests, which write it, and commit it."

functions=$(deployed_functions) || stop "The functions of $AIM_FUNCTION_APP can't be listed. Sign in with 'az login' and check that you may read the function app."
if [[ "$functions" == 0 ]]; then
  echo "First deployment: no workflow is running."
  exit 0
fi

key=$(system_key durabletask_extension) || stop "The keys of $AIM_FUNCTION_APP can't be read. You need the role Website Contributor on it."
[[ -n "$key" ]] || stop "$AIM_FUNCTION_APP is deployed but has no Durable Task key, so running workflows can't be listed. Check in the portal that the app starts, then deploy again."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
url="$AIM_API_URL/runtime/webhooks/durabletask/instances?runtimeStatus=Pending,Running,Suspended&showInput=false&top=500"
token=''
: >"$work/running"
while :; do
  # The key goes by standard input: the process list is for everyone to read.
  {
    printf 'url = "%s"\nheader = "x-functions-key: %s"\n' "$url" "$key"
    [[ -z "$token" ]] || printf 'header = "x-ms-continuation-token: %s"\n' "$token"
  } | curl --silent --show-error --fail --retry 3 --max-time 60 --dump-header "$work/head" --output "$work/page" --config - \
    || stop "The running workflows of $AIM_FUNCTION_APP can't be listed. Check that $AIM_API_URL answers, then deploy again."
  [[ "$(head -c 1 "$work/page")" == '[' ]] || stop "$AIM_API_URL gave something other than a list of workflows. Check that the app is healthy, then deploy again."
  # Inputs and outputs are not shown, so a name is that of a workflow.
  { grep -oE '"name" *: *"[^"]+"' "$work/page" || true; } | sed -E 's/.*"([^"]+)"$/\1/' >>"$work/running"
  token=$(tr -d '\r' <"$work/head" | sed -nE 's/^x-ms-continuation-token: *(.+)$/\1/Ip' | tail -n 1)
  [[ -n "$token" && "$token" != null ]] || break
done

grep -vE '^(#|$)' "$workflows" | sort -u >"$work/known"
sort "$work/running" | uniq -c | while read -r count name; do
  grep -qxF -- "$name" "$work/known" || echo "$count of $name"
done >"$work/lost"
if [[ -s "$work/lost" ]]; then
  stop "Not deployed: workflows are running that this build does not have ($(paste -sd, "$work/lost" | sed 's/,/, /g')). Put the workflow back beside its successor, or wait until they have ended."
fi
echo "$(wc -l <"$work/running" | tr -d ' ') running workflows, all known to this build."
