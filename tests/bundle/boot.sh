#!/bin/sh
# Boots Debian's systemd as process 1 of a machine of its own and lets it run one script as a service.
#
#   boot.sh WORK BUNDLE RESULT SCRIPT SECONDS
#
# The machine is made of namespaces: its files are this machine's under an overlay that is thrown away (in memory, below
# WORK), its network has nothing but loopback, its control groups lie below one that goes with it. BUNDLE and RESULT are
# seen inside as /bundle and /result. Nothing outside RESULT is written. Needs root.
set -eu
if [ "$1" != inside ]; then
  groups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
  own=$groups/ironkeep-$$
  mkdir "$own"
  echo $$ > "$own/cgroup.procs"
  code=0
  timeout -k 5 "$5" unshare --cgroup --pid --fork --kill-child --mount --net --ipc --uts sh "$0" inside "$@" || code=$?
  echo $$ > "$groups/cgroup.procs"
  find "$own" -depth -type d -exec rmdir {} \;
  exit "$code"
fi
shift
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
root=$1/root
mkdir "$1/upper" "$1/work" "$root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs tmpfs "$root/run"
mount --rbind /dev "$root/dev"
mkdir "$root/bundle" "$root/result" "$root/before"
mount --bind "$2" "$root/bundle"
mount --bind "$3" "$root/result"
cp "$4" "$root/script.sh"
cat > "$root/etc/systemd/system/script.service" <<UNIT
[Unit]
After=basic.target
[Service]
Type=oneshot
ExecStart=/bin/sh /script.sh
ExecStopPost=/bin/systemctl --no-block exit
StandardOutput=file:/result/said
StandardError=inherit
TimeoutStartSec=$5
UNIT
rm -f "$root"/lib/systemd/system/systemd-udevd*
ip link set lo up
cd "$root"
pivot_root . before
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 chroot . /bin/sh -c '
  umount -l /before
  exec /lib/systemd/systemd --system --unit=script.service --show-status=no --log-target=console --log-level=err
' < /dev/null
