#!/bin/sh
# Takes Ironkeep away again: program, links, services, service user. What a site recorded stays unless --purge DATA
# names its folder; equipment was never touched, so there is nothing to undo there.
#
#   PREFIX/uninstall.sh [--purge DATA]...
set -eu
prefix=$(cd "$(dirname "$0")" && pwd)
fail() { printf 'uninstall.sh: %s\n' "$*" >&2; exit 1; }
[ -f "$prefix/ironkeep.installed" ] || fail "$prefix is not an installation of Ironkeep"
link=$(sed -n 's/^link=//p' "$prefix/ironkeep.installed")
systemd=$(sed -n 's/^systemd=//p' "$prefix/ironkeep.installed")
purge=""
while [ $# -gt 0 ]; do
  [ "$1" = --purge ] && [ $# -gt 1 ] || fail "usage: uninstall.sh [--purge DATA]..."
  [ -f "$2/ironkeep.data" ] || fail "$2 is not a data folder of Ironkeep"
  purge="$purge $(cd "$2" && pwd)"
  shift 2
done

if [ -n "$systemd" ]; then
  systemctl disable --now ironkeep-console ironkeep-engine || true
  rm -f /etc/systemd/system/ironkeep-engine.service /etc/systemd/system/ironkeep-console.service
  systemctl daemon-reload
  userdel ironkeep || true
fi
if [ -n "$link" ]; then
  [ "$(readlink "$link/bin/ironkeep" || true)" != "$prefix/bin/ironkeep" ] || rm -f "$link/bin/ironkeep"
  rm -f "$link/share/man/man1/ironkeep.1.gz"
fi
for data in $purge; do rm -rf "$data"; done
rm -rf "$prefix"
echo "Ironkeep is gone from $prefix.${purge:+ Purged:$purge.}"
[ -n "$purge" ] || echo "Data folders stay where they are; a site file in /etc/ironkeep stays too."
