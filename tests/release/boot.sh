#!/bin/sh
# Boots a systemd of its own, on this machine's files, in namespaces that the caller made:
#
#   unshare -m -n -p -i -u -C --fork --kill-child boot.sh FOLDER
#
#   FOLDER/opt, FOLDER/srv   there as /opt and /srv
#
# All else that is written is gone with the namespaces.
set -eu
folder=$1
system=$folder/system root=$folder/system/root

mkdir "$system"
mount -t tmpfs -o mode=755 tmpfs "$system"
mkdir "$system/upper" "$system/work" "$root"
mount -t overlay -o "lowerdir=/,upperdir=$system/upper,workdir=$system/work" overlay "$root"
mount --bind "$folder/opt" "$root/opt"
mount --bind "$folder/srv" "$root/srv"

mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
for name in run tmp dev; do mount -t tmpfs -o mode=755 tmpfs "$root/$name"; done
chmod 1777 "$root/tmp"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t tmpfs tmpfs "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
for name in null zero full random urandom tty; do
  touch "$root/dev/$name"
  mount --bind "/dev/$name" "$root/dev/$name"
done
ln -s /proc/self/fd "$root/dev/fd"

exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  chroot "$root" /lib/systemd/systemd --unit=basic.target
