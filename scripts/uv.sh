#!/bin/sh
# Prints the path of uv. Where uv is absent, puts it into an environment of its own (.uv/) first.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

# Asked for its version, because a shim of a version manager may stand there without a program behind it.
if uv --version >/dev/null 2>&1; then
    command -v uv
    exit 0
fi
here="$PWD/.uv"
if [ -x "$here/bin/uv" ]; then
    echo "$here/bin/uv"
    exit 0
fi

# Any supported interpreter will do; the bare name comes first because it is the one people expect.
python=
for candidate in python3 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    say "No suitable Python: expected python3 of version 3.11, 3.12 or 3.13, got $(python3 --version 2>&1 || true)."
    say "Install one of them, or install uv, then run the command again."
    exit 1
fi

make_environment() { rm -rf "$here" && "$python" -m venv "$here" >"$log" 2>&1; }

log=$(mktemp)
trap 'rm -f "$log"' EXIT
say "Making an environment for uv in .uv/"
if ! make_environment; then
    # Debian's bare python3 comes without ensurepip.
    if [ -f /etc/debian_version ] && [ "$(id -u)" = 0 ]; then
        say "This python3 has no ensurepip: installing python3-venv with apt-get"
        { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
            python3-venv; } >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
        make_environment || { cat "$log" >&2; exit 1; }
    else
        cat "$log" >&2
        say "python3 cannot make an environment: expected the venv and ensurepip modules."
        say "On Debian and Ubuntu: sudo apt-get install python3-venv. Elsewhere install uv. Then run the command again."
        exit 1
    fi
fi
"$here/bin/python" -m pip install --quiet --disable-pip-version-check 'uv>=0.8' >&2
echo "$here/bin/uv"
