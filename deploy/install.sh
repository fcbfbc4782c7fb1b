#!/bin/sh
# Installs this release beside earlier ones and makes it the current one. Needs Python with its venv
# module; nothing is downloaded when the release has its wheels with it.
#
#   ./deploy/install.sh [--prefix /opt/graft] [--python python3]
#
#   <prefix>/releases/<version>/   this release, with a virtual environment of its own
#   <prefix>/current               the release that runs; `ln -sfn` back to an earlier one goes back
#   <prefix>/graft                 runs a command of that release: `graft backup`, `graft user list`
set -eu

prefix=/opt/graft
python=python3

fail() { echo "error: $1" >&2; exit 1; }

while [ $# -gt 0 ]; do
  case "$1" in
    --prefix) [ $# -gt 1 ] || fail "--prefix names a folder"; prefix=$2; shift 2 ;;
    --python) [ $# -gt 1 ] || fail "--python names a program"; python=$2; shift 2 ;;
    *) fail "unknown option $1; there are --prefix and --python" ;;
  esac
done

source=$(cd "$(dirname "$0")/.." && pwd)
cd "$source"
[ -f SHA256SUMS ] || fail "this is a checkout: make a release with 'make bundle' and install that"

command -v "$python" >/dev/null || fail "there is no $python: install Python 3.11 or newer, or name one with --python"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
  || fail "Graft needs Python 3.11 or newer; $python is $("$python" -V)"

version=$("$python" -c 'import json; print(json.load(open("release.json"))["version"])')
target=$prefix/releases/$version

echo "1/4  Checking the files"
sha256sum --quiet --strict -c SHA256SUMS || fail "files are missing or damaged: unpack the archive again"

[ ! -e "$target" ] || fail "$target is there already: delete it to install $version again"
mkdir -p "$prefix/releases"
aside=$(mktemp -d "$prefix/releases/.new-XXXXXX")
trap 'rm -rf "$aside"' EXIT INT TERM

echo "2/4  Copying to $target"
for entry in *; do
  [ "$entry" = wheels ] || cp -R "$entry" "$aside/"
done

echo "3/4  Installing Python packages"
# Made where it stays: a virtual environment has its own path in it.
chmod 755 "$aside"
mv "$aside" "$target"
trap 'rm -rf "$target"' EXIT INT TERM
if [ -d wheels ]; then
  "$python" -m venv --without-pip "$target/.venv"
  set -- wheels/pip-*.whl
  "$target/.venv/bin/python" "$1/pip" install --quiet --no-index --find-links wheels \
    --require-hashes --disable-pip-version-check --no-input -r requirements.lock
else
  "$python" -m venv "$target/.venv" || fail "Python cannot make a virtual environment; on Debian: apt-get install python3-venv"
  "$target/.venv/bin/python" -m pip install --quiet --require-hashes \
    --disable-pip-version-check --no-input -r requirements.lock
  "$target/.venv/bin/python" -m pip uninstall --quiet --yes pip setuptools
fi
"$target/.venv/bin/python" -m compileall -q "$target/app" >/dev/null

echo "4/4  Making it the current release"
cat >"$prefix/graft" <<'END'
#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
PYTHONPATH=$here/current exec "$here/current/.venv/bin/python" -P -m app "$@"
END
chmod 755 "$prefix/graft"
ln -sfn "releases/$version" "$prefix/current"
trap - EXIT INT TERM
echo "Graft $version is installed in $prefix/current."
