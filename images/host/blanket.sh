#!/bin/sh
# Sets up libvirt as a blanket wants it, in the host image's root and on a plain Debian alike. Can be repeated.
set -eu

# libvirtd is started by its socket and kept: leaving after two idle minutes (the unit's default) means probing QEMU anew.
echo 'LIBVIRTD_ARGS=""' >/etc/default/libvirtd
systemctl disable --quiet libvirtd.service virtlogd.service libvirt-guests.service
systemctl mask --quiet libvirtd-ro.socket libvirtd-admin.socket virtlogd-admin.socket
systemctl enable --quiet libvirtd.socket virtlogd.socket

# Root may use libvirt's socket, and so may the group libvirt; without asking polkit, which would have to be started.
sed -i -e 's/^#unix_sock_group = .*/unix_sock_group = "libvirt"/' -e 's/^#auth_unix_rw = .*/auth_unix_rw = "none"/' \
  -e 's/^#unix_sock_rw_perms = .*/unix_sock_rw_perms = "0770"/' /etc/libvirt/libvirtd.conf

# Last, since its presence says that all of this has been done.
mkdir -p /etc/systemd/system/libvirtd.socket.d
cat >/etc/systemd/system/libvirtd.socket.d/group.conf <<'UNIT'
# libvirtd asks nobody (see libvirtd.conf), so who may open its socket is who may command it: root and the group.
[Socket]
SocketMode=0660
SocketGroup=libvirt
UNIT
