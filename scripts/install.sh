#!/usr/bin/env bash
# Creates .venv and installs the project into it, editable, with the extra named by the argument.
set -euo pipefail
cd "$(dirname "$0")/.."
extra=$1

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3.14 python3 python; do
        if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.11 or newer was not found. Install it, or name it: make PYTHON=/path/to/python3" >&2
    return 1
}

# Debian ships Python without the part of it that puts pip into a virtual environment.
create_venv() {
    local python=$1
    if command -v uv >/dev/null; then
        uv venv --quiet --python "$python" .venv
        return
    fi
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        scripts/system_packages.sh python3-venv
    fi
    "$python" -m venv .venv
}

if ! .venv/bin/python -c '' 2>/dev/null; then
    rm -rf .venv
    python=$(find_python)
    echo "Creating .venv with $("$python" --version)"
    create_venv "$python"
fi

echo "Installing reflex-realtime[$extra] into .venv"
# Compiled as pip does it by itself: the tests start many processes, and an environment may keep
# Python from writing what it compiles.
if command -v uv >/dev/null; then
    uv pip install --quiet --compile-bytecode --python .venv/bin/python --editable ".[$extra]"
else
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[$extra]"
fi
