#!/bin/sh
# Runs inside the image's root when all packages are installed.
set -eu

# The archive from which it was built is the one it installs from: the suites that Debian's own image names.
mirror=$(sed -n 's/^deb .*\(https\?:[^ ]*\) trixie main$/\1/p' /etc/apt/sources.list)
[ -n "$mirror" ]
rm /etc/apt/sources.list
cat >/etc/apt/sources.list.d/debian.sources <<SOURCES
Types: deb
URIs: $mirror
Suites: trixie trixie-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: ${mirror%/debian}/debian-security
Suites: trixie-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES

# And it reaches that archive as the machine does on which it was built: its proxy, its word on the archive's dates.
grep '^Acquire::' /etc/apt/apt.conf.d/99mmdebstrap >/etc/apt/apt.conf.d/50archive || rm /etc/apt/apt.conf.d/50archive

systemctl enable --quiet systemd-networkd.service systemd-resolved.service ssh.service
echo "UUID=$UUID / ext4 rw,discard,errors=remount-ro 0 1" >/etc/fstab
passwd --quiet --lock root
rm -f /etc/ssh/ssh_host_* /var/lib/systemd/random-seed /vmlinuz.old /initrd.img.old
