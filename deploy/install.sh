#!/bin/sh
# Installs Ironkeep from this folder, without network. Nothing is fetched, nothing outside PREFIX is written unless
# --systemd or --link asks for it. uninstall.sh takes everything away again.
#
#   ./install.sh [--prefix DIR] [--python PYTHON] [--key PUBLIC.pem] [--link DIR] [--systemd]
#
#   --python PYTHON which Python to use (default the first that fits of python3 and those that the bundle serves)
#   --prefix DIR    where to install (default /opt/ironkeep as root, else ~/.local/share/ironkeep)
#   --key FILE      the release key you got by another way; the one beside this script only shows that files fit together
#   --link DIR      also put the command and its page there: DIR/bin, DIR/share/man (for example /usr/local)
#   --systemd       also make the user "ironkeep" and the services ironkeep-engine and ironkeep-console (root)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python="" prefix="" key="" link="" systemd=""
say() { printf '%s\n' "$*"; }
fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }

while [ $# -gt 0 ]; do
  case $1 in
    --prefix) prefix=$2; shift ;;
    --python) python=$2; shift ;;
    --key) key=$2; shift ;;
    --link) link=$2; shift ;;
    --systemd) systemd=yes ;;
    *) sed -n '2,11s/^# \{0,1\}//p' "$0"; [ "$1" = --help ] && exit 0; exit 2 ;;
  esac
  shift
done
root=""; [ "$(id -u)" -ne 0 ] || root=yes
[ -n "$prefix" ] || { if [ -n "$root" ]; then prefix=/opt/ironkeep; else prefix=$HOME/.local/share/ironkeep; fi; }
[ -z "$systemd" ] || [ -n "$root" ] || fail "--systemd needs root"
case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac

cd "$here"
sha256sum --check --quiet --strict SHA256SUMS || fail "a file is not what SHA256SUMS says; get the bundle again"
listed=$(cut -c67- SHA256SUMS | sort)
found=$(find . -type f | sed 's|^\./||' | grep -v -x -e SHA256SUMS -e SHA256SUMS.sig -e release.pub.pem | sort)
[ "$listed" = "$found" ] || fail "the folder holds files that SHA256SUMS does not name, or lacks some"
if command -v openssl >/dev/null; then
  openssl pkeyutl -verify -pubin -inkey "${key:-release.pub.pem}" -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig \
    >/dev/null || fail "the signature over SHA256SUMS is not by ${key:-release.pub.pem}"
  if [ -n "$key" ]; then say "The files are signed by $key."
  else say "The files fit together. Who made them is not shown: give --key with a release key that you trust."; fi
else
  [ -z "$key" ] || fail "openssl is needed to check the signature against $key"
  say "There is no openssl here, so the signature was not checked; the checksums fit."
fi

version() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || echo none; }
fits() { command -v "$1" >/dev/null && grep -q -x -F "$(version "$1")" wheels/pythons; }
served=$(tr '\n' ' ' < wheels/pythons)
if [ -n "$python" ]; then
  fits "$python" || fail "$python is Python $(version "$python"); this bundle serves ${served% }"
else
  for each in python3 $(sort -r -V wheels/pythons | sed 's/^/python/'); do
    if fits "$each"; then python=$each; break; fi
  done
  [ -n "$python" ] || fail "no Python here that this bundle serves (${served% }); name one with --python"
fi
[ ! -e "$prefix" ] || [ -e "$prefix/ironkeep.installed" ] || fail "$prefix exists and is not an installation of Ironkeep"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say "Installing into $prefix"
"$python" -m zipfile -e wheels/uv-*.whl "$work"
uv=$(find "$work" -path '*/scripts/uv' -type f)
chmod +x "$uv"
"$python" -m venv --without-pip --clear "$prefix"
UV_CACHE_DIR="$work/cache" UV_FIND_LINKS="$here/wheels" "$uv" pip install --quiet --offline --no-config --no-index \
  --no-deps --require-hashes --requirements wheels/requirements.txt --link-mode copy --python "$prefix/bin/python"
# Whoever runs it may not write here, so it is compiled now: all but the libraries' own tests, a third of it.
"$prefix/bin/python" -W ignore -m compileall -q -j 0 -x '/tests?/' "$prefix/lib"
UV_CACHE_DIR="$work/cache" "$uv" pip check --quiet --python "$prefix/bin/python"
cp -r docs "$prefix/docs"
cp LICENSE NOTICE SECURITY.md sbom.cdx.json uninstall.sh "$prefix/"
chmod +x "$prefix/uninstall.sh"
if [ -f docs/reference/ironkeep.1 ]; then
  mkdir -p "$prefix/share/man/man1"
  gzip -9 -n -c docs/reference/ironkeep.1 > "$prefix/share/man/man1/ironkeep.1.gz"
fi
printf 'link=%s\nsystemd=%s\n' "$link" "$systemd" > "$prefix/ironkeep.installed"

if [ -n "$link" ]; then
  mkdir -p "$link/bin" "$link/share/man/man1"
  ln -sf "$prefix/bin/ironkeep" "$link/bin/ironkeep"
  [ ! -f "$prefix/share/man/man1/ironkeep.1.gz" ] || ln -sf "$prefix/share/man/man1/ironkeep.1.gz" "$link/share/man/man1/"
fi
if [ -n "$systemd" ]; then
  id ironkeep >/dev/null 2>&1 || useradd --system --home-dir /var/lib/ironkeep --no-create-home --shell /usr/sbin/nologin ironkeep
  mkdir -p /etc/ironkeep
  for unit in ironkeep-engine.service ironkeep-console.service; do
    sed "s|@PREFIX@|$prefix|g" "deploy/$unit" > "/etc/systemd/system/$unit"
  done
  systemctl daemon-reload
  say "Write /etc/ironkeep/site.toml, then: systemctl enable --now ironkeep-engine ironkeep-console"
fi
"$prefix/bin/ironkeep" --version
say "Done. Start with: ${link:+ironkeep}${link:-$prefix/bin/ironkeep} run" | sed "s|ironkeep$link run|ironkeep run|"
