#!/bin/sh
# Installs the Debian packages named in a file, one a line with a command that shows it is there, unless the command is.
# Never skips silently: where it may not install, it prints the one line to run and fails.
set -eu
missing=""
while read -r package command _; do
  case "$package" in ""|"#"*) continue ;; esac
  command -v "$command" >/dev/null 2>&1 || [ -e "$command" ] || missing="$missing $package"
done < "$1"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then as=""
elif sudo -n true 2>/dev/null; then as="sudo -n"
else
  printf 'The tests need these Debian packages. Run this line, then try again:\n  sudo apt-get update && sudo apt-get install -y%s\n' "$missing" >&2
  exit 1
fi
echo "Installing for the tests:$missing"
$as apt-get update -qq
$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
