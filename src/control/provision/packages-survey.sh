# Says what a host lacks, one thing a line: `package NAME`, `setup`, `probe`. Changes nothing, and costs one round trip.
# Usage: sh -eu -s -- PACKAGE…
there=" $(dpkg-query -W -f '${db:Status-Status}:${Package} ' "$@" 2>/dev/null || true)"
for package; do
  case $there in
    *" installed:$package "*) ;;
    *) echo "package $package" ;;
  esac
done
[ -e /etc/systemd/system/libvirtd.socket.d/group.conf ] || echo setup
[ -e /usr/lib/blanket/probe/vmlinuz ] && [ -e /usr/lib/blanket/probe/initrd ] || echo probe
