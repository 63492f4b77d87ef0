# Installs packages on a plain Debian. Can be repeated, also after it was cut off. Runs as root.
# Lines of apt's status (`dlstatus:…`, `pmstatus:…`) go to the standard output among the others.
# Usage: sh -eu -s -- PACKAGE…
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
policy=/usr/sbin/policy-rc.d

# The machine is no host yet, so a power cut costs a new attempt and not data: one sync at the end instead of one a file.
apt() {
  apt-get -qq -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -o Acquire::http::Timeout=30 \
    -o APT::Status-Fd=1 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-unsafe-io \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
    -o DPkg::NoTriggers=true -o DPkg::ConfigurePending=false "$@"
}

# apt has only unpacked. What other packages do about the new ones comes last, but for two: the initramfs, which boots this
# machine as it is, and the index of manual pages take minutes on an emulated machine. They stay pending, and whoever runs
# dpkg next does them.
configure() {
  # By name: with -a dpkg runs triggers all the same.
  dpkg-query -W -f '${db:Status-Status} ${binary:Package}\n' | sed -nE 's/^(unpacked|half-configured) //p' |
    xargs -r dpkg --no-triggers --force-confdef --force-confold --configure
}
triggers() {
  dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^triggers-pending //p' |
    grep -vx -e initramfs-tools -e man-db | xargs -r dpkg --triggers-only
}

# In one piece, so that nothing that is started here reads the rest of this script from its standard input.
install() {
  # Until it is done cloud-init may still write apt's sources and install things of its own; how it ended is not our business.
  if command -v cloud-init >/dev/null; then
    echo 'waiting for cloud-init'
    timeout 900 cloud-init status --wait >/dev/null || true
  fi

  # Nothing starts before it is set up: libvirtd would try QEMU out, and again afterwards.
  if [ ! -e $policy ] || grep -q '^# Blanket' $policy; then
    trap 'rm -f $policy' EXIT
    trap 'exit 1' HUP INT TERM PIPE # a signal alone ends sh without its EXIT trap
    printf '#!/bin/sh\n# Blanket: no service starts while packages are being installed.\nexit 101\n' >$policy
    chmod 0755 $policy
  fi

  # A mirror in the middle of its own update, or another apt at work: both pass.
  attempts=5
  while ! { configure && echo 'reading the lists of packages' && apt -o APT::Update::Error-Mode=any update &&
    apt install --yes --no-install-recommends "$@" && configure && triggers; }; do
    attempts=$((attempts - 1))
    [ $attempts -gt 0 ] || exit 1
    echo 'apt failed; trying again soon'
    sleep 15
  done
  echo 'writing all of it to the disk'
  sync
}
install "$@" </dev/null
