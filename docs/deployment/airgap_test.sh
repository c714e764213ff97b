#!/bin/sh
# The whole recipe for a machine without a network, tried for real: a copy of the repository, a wheelhouse and a folder
# of publishers' files, installed and run where there is no network, then asked for the scorecard.
#   docs/deployment/airgap_test.sh WHEELHOUSE [PUBLISHERS-FILES]
set -eu
repository=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
wheelhouse=$(CDPATH= cd -- "${1:?usage: airgap_test.sh WHEELHOUSE [PUBLISHERS-FILES]}" && pwd)
trial=$(mktemp -d)
trap 'rm -rf "$trial"' EXIT
mkdir "$trial/origin"
origin=${2:-$trial/origin}
mkdir "$trial/mieruka"
(cd "$repository" && tar cf - --exclude=./.venv --exclude=./.git --exclude=./warehouse --exclude=./wheelhouse \
  --exclude=./.dagster --exclude=__pycache__ .) | (cd "$trial/mieruka" && tar xf -)
cat >"$trial/steps.sh" <<STEPS
set -eu
if "\${PYTHON:-python3}" -c 'import socket; socket.create_connection(("192.0.2.1", 80), 2)' 2>"$trial/network"; then
  echo "there is a network here" >&2; exit 1
fi
echo "network: \$(tail -n 1 "$trial/network")"
"$trial/mieruka/docs/deployment/install_offline.sh" "$wheelhouse"
cd "$trial"
mieruka/.venv/bin/mieruka run --home "$trial/home" --origin "$origin" --offline --lang en \
  >"$trial/run.txt" 2>"$trial/errors.txt" || { cat "$trial/errors.txt" >&2; exit 1; }
grep -E '^(published|report)' "$trial/run.txt"
mieruka/.venv/bin/mieruka status --home "$trial/home" --lang en | head -n 5
mieruka/.venv/bin/mieruka run --home "$trial/home" --origin "$origin" --offline --lang en 2>>"$trial/errors.txt" \
  >"$trial/again.txt"
grep 'nothing changed' "$trial/again.txt"
STEPS
# A namespace without any interface where the system allows one; else at least no index for pip and no web for the run.
if unshare --net true 2>/dev/null; then
  isolated="unshare --net"
elif unshare --user --map-root-user --net true 2>/dev/null; then
  isolated="unshare --user --map-root-user --net"
else
  echo "no namespace without a network is allowed here; only pip's index and the run's web are off" >&2
  isolated="" && sed -i '/^if .*create_connection/,/^echo/d' "$trial/steps.sh"
fi
env -i HOME="$trial" PATH="$PATH" PYTHON="$(command -v "${PYTHON:-python3}")" TMPDIR="${TMPDIR:-/tmp}" LANG=C.UTF-8 \
  $isolated sh "$trial/steps.sh"
echo "air-gapped: installed, published, unchanged on the second run"
