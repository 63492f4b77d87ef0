#!/bin/sh
# Makes a kernel and a small initramfs: one static busybox, an init script, and modules, already unpacked and
# listed in the order of their loading (/modules/order). Usage: initramfs.sh UNPACKED INIT OUTPUT
set -eu
unpacked=$1 init=$2 output=$3
tree=$output/initramfs

mkdir -p "$tree/bin" "$tree/dev" "$tree/proc" "$tree/sys" "$tree/root" "$tree/modules"
cp "$unpacked/usr/bin/busybox" "$tree/bin/busybox"
ln -s busybox "$tree/bin/sh"
cp "$init" "$tree/init"
chmod 755 "$tree/init"

cp "$unpacked"/boot/vmlinuz-* "$output/vmlinuz"
kernel=$(basename "$unpacked"/usr/lib/modules/*)
: >"$tree/modules/order"
if [ -n "$MODULES" ]; then
  depmod -b "$unpacked/usr" "$kernel" 2>/dev/null || depmod -b "$unpacked" "$kernel"
  for module in $MODULES; do
    modprobe -d "$unpacked/usr" -S "$kernel" --show-depends --ignore-install "$module"
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r path; do
    file=$(basename "$path" .xz)
    case $path in *.xz) xz -dc "$path" >"$tree/modules/$file" ;; *) cp "$path" "$tree/modules/$file" ;; esac
    echo "$file" >>"$tree/modules/order"
  done
fi

find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
(cd "$tree" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 --reproducible) >"$output/initrd"
