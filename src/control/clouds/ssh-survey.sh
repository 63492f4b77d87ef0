# Says what a machine is, one `name value` a line, and changes nothing. Runs as the user that enters.
# Usage: sh -s -- STATE USER UNIT
state=$1 user=$2 unit=$3
say() { printf '%s %s\n' "$1" "$2"; }

say system "$(uname -s)"
say machine "$(uname -m)"
say os "$(. /etc/os-release 2>/dev/null; echo "${ID-unknown}")"
say version "$(. /etc/os-release 2>/dev/null; echo "${VERSION_ID-}")"
say title "$(. /etc/os-release 2>/dev/null; echo "${PRETTY_NAME-an unknown system}")"
[ -d /run/systemd/system ] && say has systemd
command -v apt-get >/dev/null && say has apt
if [ "$(id -u)" = 0 ]; then say enters root; root=
elif sudo -n true 2>/dev/null; then say enters sudo; root='sudo -n'
else say enters user; root=; fi
id "$user" >/dev/null 2>&1 && say there "the user $user"
[ -e "/etc/systemd/system/$unit" ] && say there "the unit $unit"
[ -e "$state" ] && say there "$state"
say lease "$($root cat "$state/lease" 2>/dev/null)"
say vcpus "$(nproc)"
say memoryMiB "$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)"
say diskGiB "$(df -kP / | awk 'NR == 2 { print int($2 / 1048576) }')"
