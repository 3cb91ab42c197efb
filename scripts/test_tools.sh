#!/bin/sh
# What the tests need besides Python packages: a Chromium for the browser tests and PostgreSQL's server
# programs for the storage tests. What cannot be had is named; with CI=true that is a failure.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

missing=0
lacking() { # what is missing, what to do
    missing=1
    say "Missing for the tests: $1"
    say "  $2"
}

debian_root() { [ -f /etc/debian_version ] && [ "$(id -u)" = 0 ]; }

updated=0
apt_install() {
    say "Installing $* with apt-get"
    log=$(mktemp)
    if [ "$updated" = 0 ]; then
        apt-get update >"$log" 2>&1 || cat "$log" >&2
        updated=1
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >"$log" 2>&1 ||
        { cat "$log" >&2; rm -f "$log"; return 1; }
    rm -f "$log"
}

run() { UV_PYTHON_DOWNLOADS=never "$(scripts/uv.sh)" run --frozen "$@"; }
why_not=$(mktemp)
trap 'rm -f "$why_not"' EXIT
have_browser() { run python tests/browser.py >"$why_not" 2>&1; }
have_postgres() {
    command -v initdb >/dev/null 2>&1 && return 0
    for folder in "$(pg_config --bindir 2>/dev/null || true)" /usr/lib/postgresql/*/bin; do
        [ -x "$folder/initdb" ] && return 0
    done
    return 1
}

if ! have_browser; then
    if debian_root; then
        # Playwright's driver needs libatomic, which Chromium does not bring.
        apt_install chromium libatomic1 || true
    else
        say "No Chrome or Chromium is installed: asking Playwright for its own"
        run playwright install chromium >&2 || true
    fi
    have_browser || {
        tail -n 5 "$why_not" >&2
        lacking "a Chrome or Chromium browser that starts" \
            "Install Chromium or Google Chrome and what it lacks. Without it the browser tests cannot run."
    }
fi

if ! have_postgres; then
    if debian_root; then apt_install postgresql || true; fi
    have_postgres || lacking "PostgreSQL's server programs (initdb, pg_ctl)" \
        "Install PostgreSQL 14 or newer. Without it the PostgreSQL tests are skipped; SQLite is tested all the same."
fi

if [ "$missing" = 1 ] && [ "${CI:-}" = true ]; then
    say "CI=true: nothing may be skipped, so this run stops here."
    exit 1
fi
