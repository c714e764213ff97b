#!/bin/sh
# Install Mieruka in its own folder from a wheelhouse alone. No index is asked, and a wheel that is not byte for byte the
# one named in requirements.txt is refused:
#   docs/deployment/install_offline.sh WHEELHOUSE
set -eu
repository=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
wheelhouse=$(CDPATH= cd -- "${1:?usage: install_offline.sh WHEELHOUSE}" && pwd)
python=$repository/.venv/bin/python
# Neither an index nor a folder that someone configured for pip may help out.
unset PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS
export PIP_CONFIG_FILE=/dev/null PIP_NO_INDEX=1 PIP_DISABLE_PIP_VERSION_CHECK=1
"${PYTHON:-python3}" -m venv "$repository/.venv"
"$python" -m pip install --quiet --no-index --find-links "$wheelhouse" --no-deps --require-hashes \
  --requirement "$repository/requirements.txt"
"$python" -m pip install --quiet --no-index --no-deps --no-build-isolation --editable "$repository"
"$python" -m pip check
touch "$repository/.venv/.installed"
