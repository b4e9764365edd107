#!/bin/sh
# Prints rule files of Prometheus as resources of the Prometheus Operator, so that there is one copy of them:
#   sh deploy/kubernetes/prometheus-rules.sh deploy/prometheus/rules/*.yml | kubectl apply -n ecom2f -f -
set -eu

if [ $# -eq 0 ]; then
  echo "usage: $0 RULES.yml..." >&2
  exit 2
fi

for file in "$@"; do
  name=$(basename "$file" .yml | tr '_.' '--')
  printf -- '---\napiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: ecom2f-%s\n  labels:\n    app.kubernetes.io/name: ecom2f\nspec:\n' "$name"
  sed '/^---$/d; s/^\(.\)/  \1/' "$file"
done
