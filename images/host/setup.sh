#!/bin/sh
# Runs inside the host's root when all packages are installed.
set -eu

# A host is made anew rather than kept for years, and boots under emulation in the local cloud: no housekeeping,
# and nothing for hardware that a cloud VM has not.
systemctl mask --quiet modprobe@drm.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
  e2scrub_reap.service logrotate.timer systemd-tmpfiles-clean.timer \
  cloud-init-hotplugd.socket systemd-pstore.service systemd-machine-id-commit.service \
  sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount sys-fs-fuse-connections.mount \
  dev-hugepages.mount dev-mqueue.mount getty@tty1.service remote-fs.target console-getty.service \
  systemd-binfmt.service proc-sys-fs-binfmt_misc.automount systemd-hibernate-clear.service \
  systemd-hwdb-update.service systemd-tpm2-setup.service systemd-tpm2-setup-early.service \
  systemd-pcrmachine.service systemd-pcrphase.service systemd-pcrphase-sysinit.service \
  systemd-udev-load-credentials.service systemd-networkd-persistent-storage.service \
  systemd-firstboot.service systemd-network-generator.service \
  systemd-importd.socket systemd-sysext.socket systemd-creds.socket systemd-pcrextend.socket systemd-pcrlock.socket

# These bring a new /usr into effect; here dpkg has done so.
systemctl mask --quiet ldconfig.service systemd-journal-catalog-update.service systemd-sysusers.service \
  systemd-update-done.service

for generator in debug gpt-auto hibernate-resume import rc-local run ssh system-update sysv tpm2; do
  mkdir -p /etc/systemd/system-generators
  ln -s /dev/null "/etc/systemd/system-generators/systemd-$generator-generator"
done

# The blanket driver starts it where the disk can give blocks back; elsewhere it would wake up for nothing.
systemctl disable --quiet fstrim.timer

# Google's own images know their metadata server by name before there is a name server. Both files: cloud-init looks
# for its cloud with the first, and writes it anew from the second at every boot.
for hosts in /etc/hosts /etc/cloud/templates/hosts.debian.tmpl; do
  echo '169.254.169.254 metadata.google.internal' >>"$hosts"
done

# cloud-init makes or brings the host keys.
systemctl mask --quiet sshd-keygen.service

systemctl enable --quiet systemd-networkd.service ssh.service

# cloud-init does without these and starts in half the time: it only skips checking user-data against its schema.
rm -r /usr/lib/python3/dist-packages/jsonschema /usr/lib/python3/dist-packages/chardet

# Each login would otherwise wait for a service manager of the user's own to start.
sed -i '/pam_systemd.so/d' /etc/pam.d/common-session

echo "UUID=$UUID / ext4 defaults,noatime 0 0" >/etc/fstab
passwd --quiet --lock root
rm -f /etc/ssh/ssh_host_* /var/lib/systemd/random-seed /vmlinuz.old /initrd.img.old
