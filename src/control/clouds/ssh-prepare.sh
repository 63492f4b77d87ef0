# Does on a machine that was there before what user-data does on a VM that a cloud makes. Can be repeated. Runs as root.
# Says `taken` and does nothing when the machine is not free.
# Usage: sh -eu -s -- STATE LEASE USER KEY UNIT UNIT_TEXT_AS_BASE64
state=$1 lease=$2 user=$3 key=$4 unit=$5 text=$6

# One control at a time: of two that have found the machine free, the second finds the lease of the first.
exec 9>>/run/lock/blanket-machine
flock -w 120 9 || { echo 'Blanket is at work on this machine already.' >&2; exit 1; }

# The state comes with its lease and with what is read back when the machine is left (what was here before stays), or not
# at all; and before anything else does.
if [ ! -e "$state" ]; then
  rm -rf "$state.new"
  install -d -m 0755 "$state.new"
  printf '%s\n' "$lease" >"$state.new/lease"
  find /etc -xdev -name '*blanket*' >"$state.new/before"
  mv -T "$state.new" "$state"
elif [ "$(cat "$state/lease" 2>/dev/null)" != "$lease" ]; then
  echo taken
  exit 0
fi

apt() { DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" </dev/null >&2; }
bring_sudo() { apt install --yes --no-install-recommends sudo; }
# A machine that was just installed may have no lists of packages yet, or old ones.
command -v sudo >/dev/null || bring_sudo || { apt update && bring_sudo; }
id "$user" >/dev/null 2>&1 || useradd --create-home --user-group --shell /bin/bash --comment 'Blanket control' "$user"
home=$(getent passwd "$user" | cut -d: -f6)
install -d -m 0700 -o "$user" -g "$user" "$home/.ssh"
printf '%s\n' "$key" >"$home/.ssh/authorized_keys"
chown "$user:$user" "$home/.ssh/authorized_keys"
chmod 0600 "$home/.ssh/authorized_keys"

printf '%s ALL=(ALL) NOPASSWD:ALL\n' "$user" >"$state/sudoers"
visudo -cqf "$state/sudoers"
install -m 0440 "$state/sudoers" /etc/sudoers.d/90-blanket
rm "$state/sudoers"

printf '%s' "$text" | base64 -d >"/etc/systemd/system/$unit"
systemctl daemon-reload
