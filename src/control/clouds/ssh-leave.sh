# Takes away what Blanket put on a machine, and leaves it running. Packages stay. Can be repeated. Runs as root.
# The state goes last: without it nobody knows any more that the machine was ours.
# Usage: sh -eu -s -- STATE LEASE USER UNIT BUNDLE_DIRECTORY
state=$1 lease=$2 user=$3 unit=$4 bundle=$5

exec 9>>/run/lock/blanket-machine
flock -w 120 9 || { echo 'Blanket is at work on this machine already.' >&2; exit 1; }

rm -rf "$state.left" "$state.new"
[ "$(cat "$state/lease" 2>/dev/null)" = "$lease" ] || exit 0

# By their whole names, since an owner may call things after blankets too. After the first two: what the drivers' shims write.
named() {
  for path in "/etc/systemd/system/$unit" /etc/sudoers.d/90-blanket \
    /etc/chrony/conf.d/blanket.conf /etc/modules-load.d/blanket-ptp.conf \
    /etc/modprobe.d/blanket-nested.conf /etc/default/grub.d/blanket-console.cfg; do
    [ ! -e "$path" ] || printf '%s\n' "$path"
  done
}
if [ ! -e "$state/before" ]; then
  echo "$state/before is gone, so what was here before Blanket is not known. Make it anew with the paths that must stay, one a line." >&2
  exit 1
fi
ours=$(named | grep -vxFf "$state/before" || [ $? = 1 ]) # 1: nothing remains

[ ! -e "/etc/systemd/system/$unit" ] || systemctl disable --now --quiet "$unit"
systemctl stop 'blanket-dhcp-*'
# Twelve hex digits and nothing else, or an owner's device might be called so.
hex='[0-9a-f]'
hex=$hex$hex$hex$hex
hex=$hex$hex$hex
# The ways out of guest networks by other hosts. Only what came in by a gateway was led to them.
for family in -4 -6; do
  [ "$family" = -4 ] || [ -e /proc/sys/net/ipv6 ] || continue
  ip "$family" rule show priority 1998 | sed -n "s/.* iif \(bg$hex\) .*lookup \([0-9]*\).*/\1 \2/p" |
    while read -r gateway table; do
      ip "$family" rule delete priority 1998 iif "$gateway" lookup "$table"
      ip "$family" route flush table "$table"
    done
done
for path in /sys/class/net/*; do
  [ -e "$path" ] || continue # a VXLAN goes with the tunnel that it runs in, a gateway's port with the gateway
  link=${path##*/}
  case $link in blanket0 | bl$hex | bg$hex | vx$hex) ip link delete "$link" ;; esac
done
# As the agent found them, the last that it set first: a host that forwards no more may listen to its routers again.
[ ! -e "$state/forwarding.json" ] ||
  sed -n 's|^ *"\(net/ipv[46]/[^"]*\)": "\([0-9-]*\)",\{0,1\}$|\1 \2|p' "$state/forwarding.json" | tac |
  while read -r setting value; do
    [ ! -e "/proc/sys/$setting" ] || printf '%s\n' "$value" >"/proc/sys/$setting"
  done
# Guests' filter after all that it guarded. Where the kernel has no nftables there is nothing to list, and nft says so.
if command -v nft >/dev/null; then
  nft list tables | sed -nE 's/^table (netdev blanket_.*|(bridge|inet) blanket)$/\1/p' |
    while read -r family table; do nft delete table "$family" "$table"; done
fi

printf '%s\n' "$ours" | while read -r path; do [ -z "$path" ] || rm -f "$path"; done
systemctl daemon-reload
# Who has read it is told.
case $ours in */etc/chrony/*) systemctl try-restart chrony.service ;; esac
case $ours in */etc/default/grub.d/*) update-grub </dev/null >&2 ;; esac
# An installation of packages that was cut off hard may have left it.
policy=/usr/sbin/policy-rc.d
if grep -qs '^# Blanket' "$policy"; then rm -f "$policy"; fi
rm -rf "$bundle" /run/blanket
if [ -e /usr/lib/blanket/probe/uploaded ]; then rm -rf /usr/lib/blanket; fi

if id "$user" >/dev/null 2>&1; then
  pkill -KILL -u "$user" || true # its last session may still be ending
  userdel --force --remove "$user" 2>/dev/null || ! id "$user" >/dev/null 2>&1
fi
mv -T "$state" "$state.left"
rm -rf "$state.left"
