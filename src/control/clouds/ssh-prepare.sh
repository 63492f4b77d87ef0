# Does on a machine that was there before what user-data does on a VM that a cloud makes. Can be repeated. Runs as root.
# Usage: sh -eu -s -- STATE LEASE USER KEY UNIT UNIT_TEXT_AS_BASE64
state=$1 lease=$2 user=$3 key=$4 unit=$5 text=$6

install -d -m 0755 "$state"
# Read back when the machine is left: what was here before stays.
if [ ! -e "$state/before" ]; then
  find /etc -xdev -name '*blanket*' >"$state/before.new"
  mv "$state/before.new" "$state/before"
fi
printf '%s\n' "$lease" >"$state/lease.new"
mv "$state/lease.new" "$state/lease"

command -v sudo >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends sudo </dev/null >&2
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
