#!/usr/bin/env bash
# Makes .venv ready: finds a Python, names (or installs) missing system packages, installs the exact versions.
# Quick when there is nothing to do, and safe to run again after an interruption.
#   ./setup.sh run     for the window       ./setup.sh test    for work without a screen
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

purpose="${1:-run}"
venv=".venv"
stamp="$venv/.ready"

say() { printf '%s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

as_root() { [ "$(id -u)" = 0 ]; }
# A container's first process is the program itself; a machine's is an init system.
in_container() {
    [ -e /.dockerenv ] || [ -e /run/.containerenv ] || [ -n "${container:-}" ] ||
        ! grep -qE '^(systemd|init)$' /proc/1/comm 2>/dev/null
}
may_install_packages() { as_root && command -v apt-get >/dev/null && { in_container || [ "${CI:-}" = true ]; }; }

apt_line() {
    local sudo="sudo "
    if as_root; then sudo=""; fi
    printf '%sapt-get update && %sapt-get install -y --no-install-recommends %s' "$sudo" "$sudo" "$*"
}

install_packages() {
    say "Installing system packages: $*"
    DEBIAN_FRONTEND=noninteractive apt-get update -qq </dev/null &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null
}

# The first Python on the PATH that runs, is new enough and can make virtual environments.
find_python() {
    local name
    for name in python3.13 python3.12 python3.11 python3; do
        if "$name" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

choose_python() {
    if find_python; then return; fi
    if may_install_packages; then
        install_packages python3 python3-venv >&2 || fail "these packages could not be installed; try: $(apt_line python3 python3-venv)"
        if find_python; then return; fi
    fi
    if command -v apt-get >/dev/null; then
        fail "no Python 3.11 or newer with venv on the PATH; install it with: $(apt_line python3 python3-venv)"
    fi
    fail "no Python 3.11 or newer with venv on the PATH; install one and run this again"
}

# Stops where nothing could be drawn; what only a window on a screen needs is installed or named, and main.py
# stops for it where it matters (it does not under Wayland, nor without a screen).
check_system_packages() {
    local python="$1" missing
    missing="$("$python" app/system_packages.py)"
    # shellcheck disable=SC2086  # a list of names, one word each
    if [ -n "$missing" ] && ! { may_install_packages && install_packages $missing; }; then
        if command -v apt-get >/dev/null; then
            fail "system packages are missing; install them with: $(apt_line "$missing")"
        fi
        fail "system libraries are missing; install what your system calls these Debian packages: $missing"
    fi
    if [ "$purpose" != run ] || [ "${QT_QPA_PLATFORM:-}" = offscreen ]; then return; fi
    missing="$("$python" app/system_packages.py --window)"
    # shellcheck disable=SC2086
    if [ -n "$missing" ] && ! { may_install_packages && install_packages $missing; }; then
        say "Note: a window under X11 also needs: $(apt_line "$missing")"
    fi
}

# What .venv has to hold: the two files that say so, and the Python's version.
wanted_state() { { "$1" --version; cat pyproject.toml constraints.txt; } | cksum; }

# Two wheels of OpenCV hold the same folder cv2: taking one out after the other went in would leave it broken, and pip
# would see nothing to mend. So both go where the older choice, opencv-python-headless, is found; pip installs anew.
take_out_other_opencv() {
    if compgen -G "$venv/lib/python*/site-packages/opencv_python_headless-*.dist-info" >/dev/null; then
        say "Taking opencv-python-headless out of $venv: opencv-python takes its place"
        "$venv/bin/python" -m pip uninstall --disable-pip-version-check -qq --yes \
            opencv-python-headless opencv-python </dev/null ||
            fail "opencv-python-headless could not be taken out of $venv; delete $venv and run this again"
    fi
}

make_environment() {
    local python="$1" bar=off
    if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        say "Making $venv with $("$python" --version)"
        "$python" -m venv --clear "$venv"
    fi
    if [ -t 1 ]; then bar=on; fi
    take_out_other_opencv
    say "Installing into $venv (the first time, this downloads about 3.6 GB, most of it torch)"
    "$venv/bin/python" - >"$venv/wanted.txt" <<'PYTHON'
import tomllib
with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)
extras = project["project"]["optional-dependencies"]["sleap"]
print(*project["project"]["dependencies"], *extras, *project["dependency-groups"]["dev"], sep="\n")
PYTHON
    "$venv/bin/python" -m pip install --disable-pip-version-check --prefer-binary --progress-bar "$bar" \
        --requirement "$venv/wanted.txt" --constraint constraints.txt </dev/null ||
        fail "the installation stopped; check the network and run this again, it goes on from where it was"
}

case "$purpose" in run | test) ;; *) fail "unknown purpose '$purpose'; use 'run' or 'test'" ;; esac
if [ "$(uname -s)" != Linux ]; then say "Note: only Linux is tested; on $(uname -s) this may need your help."; fi

if ! { [ -x "$venv/bin/python" ] && "$venv/bin/python" -c 'pass' 2>/dev/null; }; then
    python="$(choose_python)"
else
    python="$venv/bin/python"
fi
check_system_packages "$python"
if [ "$(cat "$stamp" 2>/dev/null)" = "$(wanted_state "$python")" ]; then exit 0; fi
rm -f "$stamp"
make_environment "$python"
wanted_state "$venv/bin/python" >"$stamp"
say "Ready."
