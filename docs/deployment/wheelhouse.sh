#!/bin/sh
# Collect every package that Mieruka needs, as wheels that keep the hashes of requirements.txt, for a machine without a
# network. Run it where there is one, on the same system and Python version as the other machine's:
#   docs/deployment/wheelhouse.sh [FOLDER]      (default: wheelhouse)
# What differs is said in further options of pip download, such as: --platform manylinux_2_28_x86_64 --python-version 3.12
set -eu
repository=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
folder=${1:-wheelhouse}
[ $# -gt 0 ] && shift
"${PYTHON:-python3}" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
  --require-hashes --requirement "$repository/requirements.txt" --dest "$folder" "$@"
echo "$folder: $(find "$folder" -name '*.whl' | wc -l) wheels"
