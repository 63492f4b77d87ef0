#!/bin/sh
# Runs inside the guest's root when all packages are installed.
set -eu

systemctl mask --quiet apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
  e2scrub_reap.service man-db.timer getty@tty1.service

# cloud-init makes or brings the host keys.
systemctl mask --quiet sshd-keygen.service
systemctl enable --quiet systemd-networkd.service ssh.service

echo "UUID=$UUID / ext4 defaults,noatime 0 0" >/etc/fstab
passwd --quiet --lock root
rm -f /etc/ssh/ssh_host_* /var/lib/systemd/random-seed /vmlinuz.old /initrd.img.old
