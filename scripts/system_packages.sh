#!/usr/bin/env bash
# Makes sure that the programs named by the arguments (chromium, redis-server, python3-venv) are on
# the machine: installs the missing ones where a package manager can be used without a password, and
# says what to install where none can.
set -euo pipefail

is_there() {
    case $1 in
        chromium) command -v chromium chromium-browser google-chrome >/dev/null ;;
        redis-server) command -v redis-server valkey-server >/dev/null ;;
        python3-venv) python3 -c 'import ensurepip' 2>/dev/null ;;
    esac
}

# Names are Debian's; the others' names where they differ.
package_name() {
    case $1:$2 in
        dnf:redis-server | apk:redis-server | brew:redis-server) echo redis ;;
        dnf:python3-venv | apk:python3-venv | brew:python3-venv) echo python3 ;;
        *) echo "$2" ;;
    esac
}

find_manager() {
    local manager
    for manager in apt-get dnf apk brew; do
        if command -v "$manager" >/dev/null; then
            echo "$manager"
            return
        fi
    done
}

install_command() {
    case $1 in
        apt-get) echo "apt-get install --yes --no-install-recommends" ;;
        dnf) echo "dnf install --assumeyes" ;;
        apk) echo "apk add" ;;
        brew) echo "brew install" ;;
    esac
}

missing=()
for program in "$@"; do
    is_there "$program" || missing+=("$program")
done
[ ${#missing[@]} -eq 0 ] && exit 0

manager=$(find_manager)
if [ -z "$manager" ]; then
    echo "These programs are missing: ${missing[*]}. Install them with your system's package manager." >&2
    exit 1
fi

packages=()
for program in "${missing[@]}"; do
    packages+=("$(package_name "$manager" "$program")")
done
install="$(install_command "$manager") ${packages[*]}"

as_root=""
if [ "$manager" != brew ] && [ "$(id -u)" -ne 0 ]; then
    if ! sudo --non-interactive true 2>/dev/null; then
        echo "These programs are missing: ${missing[*]}. Install them with: sudo $install" >&2
        exit 1
    fi
    as_root="sudo --non-interactive"
fi

echo "Installing what is missing: ${missing[*]}"
# Unquoted, since these are words of a command and not one word each.
# shellcheck disable=SC2086
if [ "$manager" = apt-get ]; then
    export DEBIAN_FRONTEND=noninteractive
    $as_root apt-get update --quiet=2
fi
# shellcheck disable=SC2086
if ! $as_root $install; then
    echo "$manager could not install: ${missing[*]}. Install them by hand and run the command again." >&2
    exit 1
fi
