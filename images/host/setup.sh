#!/bin/sh
# Runs inside the host's root when all packages are installed.
set -eu

# A host is made anew rather than kept for years, and boots under emulation in the local cloud: no housekeeping.
systemctl mask --quiet apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
  e2scrub_reap.service fstrim.timer logrotate.timer systemd-tmpfiles-clean.timer man-db.timer \
  cloud-init-hotplugd.socket systemd-pstore.service systemd-machine-id-commit.service \
  sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount dev-hugepages.mount \
  dev-mqueue.mount getty@tty1.service remote-fs.target console-getty.service

# cloud-init makes or brings the host keys.
systemctl mask --quiet sshd-keygen.service

systemctl disable --quiet libvirtd.service libvirtd-ro.socket libvirtd-admin.socket virtlogd.service \
  virtlogd-admin.socket libvirt-guests.service
systemctl enable --quiet systemd-networkd.service ssh.service libvirtd.socket virtlogd.socket

# Root may use libvirt's socket, and so may the group libvirt; without asking polkit, which would have to be started.
sed -i -e 's/^#unix_sock_group = .*/unix_sock_group = "libvirt"/' -e 's/^#auth_unix_rw = .*/auth_unix_rw = "none"/' \
  -e 's/^#unix_sock_rw_perms = .*/unix_sock_rw_perms = "0770"/' /etc/libvirt/libvirtd.conf

echo "UUID=$UUID / ext4 defaults,noatime 0 0" >/etc/fstab
passwd --quiet --lock root
rm -f /etc/ssh/ssh_host_* /var/lib/systemd/random-seed
