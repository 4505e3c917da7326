# Run under systemd by boot.sh: installs the services from the bundle, uses them as an owner would, takes them away.
# What it sees it writes as KEY=VALUE into /result/seen.
set -eux
engine=ironkeep-engine console=ironkeep-console data=/var/lib/ironkeep
see() { echo "$1=$2" >> /result/seen; }
main() { systemctl show -p MainPID --value "$1"; }
state() { systemctl show -p "$2" --value "$1"; }
status() { awk -v key="$2:" '$1 == key { print $2 }' "/proc/$(main "$1")/status"; }
live() {
  for second in $(seq 120); do
    if curl -sf http://127.0.0.1:8470/healthz > /result/health; then return; fi
    sleep 1
  done
  journalctl --no-pager -u $engine -u $console
  return 1
}

cd /bundle
./install.sh --systemd
mkdir /var/lib/twin
/opt/ironkeep/bin/ironkeep twin serve --data /var/lib/twin --seed 1 &
until [ -f /var/lib/twin/ports.json ]; do sleep 0.2; done
/opt/ironkeep/bin/python -c 'from pathlib import Path
from ironkeep.programs.site import demo_site
print(demo_site(Path("/var/lib/twin/ports.json")))' > /etc/ironkeep/site.toml
systemctl enable --now $engine $console
live
for unit in $engine $console; do
  see "$unit active" "$(systemctl is-active $unit)"
  see "$unit user" "$(stat -c %U "/proc/$(main $unit)")"
  see "$unit capabilities" "$(status $unit CapEff)"
  see "$unit new privileges" "$(status $unit NoNewPrivs)"
  see "$unit seccomp" "$(status $unit Seccomp)"
  see "$unit nice" "$(ps -o ni= -p "$(main $unit)" | tr -d ' ')"
  for place in /etc/ironkeep /opt/ironkeep /tmp $data; do
    if nsenter --mount --target "$(main $unit)" touch $place/probe; then wrote=yes; else wrote=no; fi
    see "$unit writes $place" $wrote
  done
  rm -f $data/probe
done
see "probe outside" "$(ls /tmp/probe 2>/dev/null || echo none)"
see "data mode" "$(stat -c '%a %U' $data)"

before=$(main $engine)
kill -9 "$before"
until journalctl --no-pager -o cat -u $engine > /result/journal; grep "not orderly" /result/journal; do sleep 1; done
live
see "engine restarts" "$(state $engine NRestarts)"
see "console restarts" "$(state $console NRestarts)"

systemctl stop $console $engine
see "engine ended" "$(state $engine Result)"
see "console ended" "$(state $console Result)"
see "record" "$(/opt/ironkeep/bin/ironkeep verify $data --key $data/keys/log.vkey > /dev/null && echo good)"
/opt/ironkeep/uninstall.sh --purge $data
see "left" "$(ls -d /opt/ironkeep $data /etc/systemd/system/ironkeep* 2>/dev/null || true)"
see "user left" "$(id -u ironkeep 2>/dev/null || echo none)"
