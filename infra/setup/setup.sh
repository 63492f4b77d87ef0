#!/bin/sh
# Brings what is missing, and nothing else: Debian packages by apt, npm packages by `npm ci`.
#
#   setup.sh check    what `make check` needs: Node's own library and the npm packages
#   setup.sh run      what running Blanket and its local clouds needs (the default)
#   setup.sh test     the same, and what the integration tests need
#   setup.sh vagrant  what `run` needs, and Vagrant with its libvirt provider
#
# Says nothing and takes no time when all is there. Mirrors and registries are the machine's own.
set -eu
cd "$(dirname "$0")/../.."

say() { echo "setup: $*" >&2; }
fail() { say "$*"; exit 1; }

case "${1:-run}" in
  check) lists='infra/setup/packages-check.txt' ;;
  run) lists='infra/setup/packages.txt' ;;
  test) lists='infra/setup/packages.txt infra/setup/packages-test.txt' ;;
  vagrant) lists='infra/setup/packages.txt infra/setup/packages-vagrant.txt' ;;
  *) fail "there is no set '$1'; say check, run, test or vagrant" ;;
esac

# The names in the lists that dpkg does not report as installed.
missing_packages() {
  # shellcheck disable=SC2086 # a list of files, and a list of names
  set -- $(cat $lists)
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p') || true
  for name in "$@"; do
    echo "$installed" | grep -qxF "$name" || echo "$name"
  done
}

install_packages() {
  command -v apt-get >/dev/null || fail "this is not Debian; install these yourself, then try again:" "$@"
  as_root=''
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
      fail "these packages are missing, and neither root nor sudo is at hand to install them: $*"
    as_root='sudo'
  fi
  say "installing with apt: $*"
  apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120"
  # The package lists may be absent or out of date; they are fetched only then, since that takes a while.
  $apt install -y --no-install-recommends "$@" >&2 && return
  say 'that failed; trying again with fresh package lists'
  $apt update >&2
  $apt install -y --no-install-recommends "$@" >&2 || fail "apt could not install: $*"
}

install_npm() {
  command -v npm >/dev/null || fail 'npm is missing; install Node 20 or newer with npm, then try again.'
  node infra/setup/npm-is-current.mjs && return
  say 'installing npm packages: npm ci'
  npm ci --no-progress >&2 || fail 'npm ci failed; its message is above.'
}

if command -v dpkg-query >/dev/null; then
  # shellcheck disable=SC2046 # package names have no spaces
  set -- $(missing_packages)
else
  # shellcheck disable=SC2046,SC2086
  set -- $(cat $lists)
fi
[ $# -eq 0 ] || install_packages "$@"
install_npm
