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

# A module names in itself those that it needs, so neither depmod nor its lists are wanted.
: >"$tree/modules/order"
add_module() {
  path=$(find "$unpacked"/usr/lib/modules/*/kernel -name "$1.ko.xz" -o -name "$(echo "$1" | tr _ -).ko.xz")
  # Built into the kernel, or there already.
  if [ -z "$path" ] || [ -e "$tree/modules/$1.ko" ]; then return; fi
  xz -dc "$path" >"$tree/modules/$1.ko"
  for needed in $(tr '\0' '\n' <"$tree/modules/$1.ko" | sed -n 's/^depends=//p' | tr , ' '); do
    (add_module "$needed")
  done
  echo "$1.ko" >>"$tree/modules/order"
}
for module in $MODULES; do add_module "$module"; done

find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
(cd "$tree" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 --reproducible) | zstd -q -19 >"$output/initrd"
