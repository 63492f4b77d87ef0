# Takes away what Blanket put on a machine, and leaves it running. Packages stay. Can be repeated. Runs as root.
# The state goes last: without it nobody knows any more that the machine was ours.
# Usage: sh -eu -s -- STATE LEASE USER UNIT BUNDLE_DIRECTORY
state=$1 lease=$2 user=$3 unit=$4 bundle=$5

[ "$(cat "$state/lease" 2>/dev/null)" = "$lease" ] || exit 0

[ ! -e "/etc/systemd/system/$unit" ] || systemctl disable --now --quiet "$unit"
systemctl stop 'blanket-*'
for path in /sys/class/net/*; do
  [ -e "$path" ] || continue # a VXLAN goes with the tunnel that it runs in
  link=${path##*/}
  case $link in
    blanket0 | bl[0-9a-f]??????????? | vx[0-9a-f]???????????) ip link delete "$link" ;;
  esac
done

# What the drivers' shims have written is in here too; who has read it is told.
ours=$(find /etc -xdev -name '*blanket*' | grep -vxFf "$state/before" || true)
printf '%s\n' "$ours" | while read -r path; do [ -z "$path" ] || rm -rf "$path"; done
systemctl daemon-reload
case $ours in */etc/chrony/*) systemctl try-restart chrony.service ;; esac
case $ours in */etc/default/grub.d/*) update-grub </dev/null >&2 ;; esac
rm -rf "$bundle" /run/blanket
if [ -e /usr/lib/blanket/probe/uploaded ]; then rm -rf /usr/lib/blanket; fi

if id "$user" >/dev/null 2>&1; then
  pkill -KILL -u "$user" || true # its last session may still be ending
  userdel --force --remove "$user" 2>/dev/null || ! id "$user" >/dev/null 2>&1
fi
rm -rf "$state"
