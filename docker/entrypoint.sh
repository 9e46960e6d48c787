#!/bin/sh
# Starts one of the services of the image by name; anything else is run as a command, e.g.
#   docker compose run --rm code relgen status
# `exec` makes the service process 1, so that stopping the container stops it in order.
set -eu

case "${1:-}" in
code)
    exec dagster code-server start --host 0.0.0.0 --port 4000 \
        --module-name relgen_assets.definitions --location-name relgen
    ;;
webserver)
    exec dagster-webserver --host 0.0.0.0 --port 3000 --workspace workspace.yaml
    ;;
daemon)
    exec dagster-daemon run --workspace workspace.yaml
    ;;
"")
    echo "relgen-service: name a service (code, webserver, daemon) or a command" >&2
    exit 2
    ;;
*)
    exec "$@"
    ;;
esac
