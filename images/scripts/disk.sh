#!/bin/sh
# Makes a bootable disk out of a root directory, with neither root rights, loop devices nor mounts of it:
#
#     sector 0        MBR: GRUB's boot.img and the partition table
#     sector 1 ...    GRUB's core.img; boot.img loads it from exactly there (its default)
#     1 MiB ...       partition 1: ext4, which mke2fs fills from the directory
#
# Usage: disk.sh ROOT OUTPUT; settings come as NAME, SIZE_MIB, JOURNAL_MIB, UUID, COMPRESS, KERNEL_ARGUMENTS and
# SOURCE_DATE_EPOCH in the environment. Scratch files go beside OUTPUT.
set -eu
root=$1 output=$2
raw=$output.raw core=$output.core early=$output.early
grub=/usr/lib/grub/i386-pc
PATH=$PATH:/usr/sbin:/sbin # where mke2fs and sfdisk are, for users without it
trap 'rm -f "$raw" "$core" "$early"' EXIT

mkdir -p "$root/boot/grub"
cat >"$root/boot/grub/grub.cfg" <<CFG
set timeout=0
linux /vmlinuz root=UUID=$UUID $KERNEL_ARGUMENTS
initrd /initrd.img
boot
CFG

# The disk that the BIOS booted from, whatever its controller; its first partition.
grub-mkimage -O i386-pc -p '(,msdos1)/boot/grub' -o "$core" biosdisk part_msdos ext2 linux configfile normal test

# GRUB 2.06 reads neither of the two features that are turned off. Inode tables are written now, so that no
# kernel thread does it later; and the file system's own dates are the epoch's.
truncate -s "${SIZE_MIB}M" "$raw"
E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH mke2fs -q -t ext4 -F -d "$root" -L "$NAME" -U "$UUID" -J "size=$JOURNAL_MIB" -i 32768 -m 1 \
  -O ^metadata_csum_seed,^orphan_file \
  -E "offset=1048576,hash_seed=$UUID,lazy_itable_init=0,lazy_journal_init=0,nodiscard" \
  "$raw" "$((SIZE_MIB - 1))M"

printf 'label: dos\nlabel-id: 0x%s\nstart=2048, type=83, bootable\n' "$(printf %.8s "$UUID")" |
  sfdisk -q --no-reread --no-tell-kernel "$raw"
dd if="$grub/boot.img" of="$raw" bs=440 count=1 conv=notrunc status=none
[ "$(stat -c %s "$core")" -lt 1048064 ]
dd if="$core" of="$raw" bs=512 seek=1 conv=notrunc status=none

if [ "$COMPRESS" = true ]; then
  qemu-img convert -c -W -m 4 -O qcow2 -o compression_type=zstd "$raw" "$output"
else
  qemu-img convert -W -m 4 -O qcow2 "$raw" "$output"
fi
