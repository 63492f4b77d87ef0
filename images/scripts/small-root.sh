#!/bin/sh
# Lays out a small root directory: the paths taken from packages (TAKE, globs), the recipe's files, the kernel
# and its initramfs. Usage: small-root.sh UNPACKED FILES OUTPUT
set -eu
unpacked=$1 files=$2 output=$3
root=$output/root

mkdir -p "$root/usr/bin" "$root/usr/lib" "$root/usr/lib64" "$root/usr/sbin"
for directory in boot dev etc proc root run sys tmp var; do mkdir -p "$root/$directory"; done
for directory in bin sbin lib lib64; do ln -s "usr/$directory" "$root/$directory"; done
chmod 1777 "$root/tmp"

(cd "$unpacked" && for path in $TAKE; do
  [ -e "$path" ] || { echo "no package holds /$path" >&2; exit 1; }
  echo "$path"
done | xargs cp -a --parents -t "$root")
cp -R --no-preserve=ownership "$files/." "$root/"
"$root/usr/bin/busybox" --list-full | while read -r applet; do
  applet=$root/usr/bin/$(basename "$applet")
  [ -e "$applet" ] || ln -s busybox "$applet"
done

cp "$output/vmlinuz" "$root/vmlinuz"
cp "$output/initrd" "$root/initrd.img"
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
