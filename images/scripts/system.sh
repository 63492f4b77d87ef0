#!/bin/sh
# The last hook of an mmdebstrap build: turns the finished system into a disk image, which it leaves as
# /image.qcow2 inside for `download` to fetch. Usage: system.sh ROOT (DISK_SCRIPT holds disk.sh's text).
set -eu
root=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/blanket-disk.XXXXXX")
trap 'rm -rf "$work"' EXIT

chroot "$root" dpkg-query -W -f '${Package} ${Version}\n' >"$root/packages.txt"
mv "$root/packages.txt" "$work/packages.txt"
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb \
  "$root"/var/cache/debconf/*-old "$root"/var/lib/dpkg/*-old "$root"/var/log/*.log "$root"/var/log/apt/* \
  "$root"/tmp/* "$root"/etc/apt/apt.conf.d/99mmdebstrap "$root"/etc/dpkg/dpkg.cfg.d/99mmdebstrap "$root"/etc/ssh/ssh_host_* "$root"/etc/hostname \
  "$root"/var/lib/dbus/machine-id
: >"$root/etc/machine-id"

# So that no service starts while the system is built; mmdebstrap takes them back only after this hook.
rm -f "$root/usr/sbin/policy-rc.d"
if [ -e "$root/usr/sbin/start-stop-daemon.REAL" ]; then
  mv "$root/usr/sbin/start-stop-daemon.REAL" "$root/usr/sbin/start-stop-daemon"
fi

# A plain bind mount shows the root without what is mounted inside it (/proc, /sys, /dev/pts).
mkdir "$work/root"
unshare --mount sh -eu -c 'mount --bind "$1" "$2"; sh -eu -c "$DISK_SCRIPT" disk.sh "$2" "$3"' sh \
  "$root" "$work/root" "$work/image.qcow2"
mv "$work/image.qcow2" "$work/packages.txt" "$root/"
