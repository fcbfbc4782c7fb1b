#!/bin/sh
# Boots a systemd of its own, on this machine's files, in namespaces that the caller made:
#
#   unshare -m -p -i -u -C --fork --kill-child boot.sh FOLDER PREFIX PORT SETTINGS
#
#   FOLDER     a folder for all that it writes; gone with the namespace
#   PREFIX     where Graft is installed; there as /opt/graft
#   PORT       where Graft shall answer
#   SETTINGS   a file, there as /etc/graft.env
set -eu
folder=$1 prefix=$2 port=$3 settings=$4 root=$1/root

mount -t tmpfs -o mode=755 tmpfs "$folder"
mkdir "$folder/upper" "$folder/work" "$root"
mount -t overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" overlay "$root"

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
mkdir -p "$root/opt/graft"
mount --bind "$prefix" "$root/opt/graft"

sed "s/--port 3000 /--port $port /" "$root/opt/graft/current/deploy/graft.service" \
  >"$root/etc/systemd/system/graft.service"
cp "$settings" "$root/etc/graft.env"
echo 'graft:x:64999:64999::/var/lib/graft:/bin/false' >>"$root/etc/passwd"
echo 'graft:x:64999:' >>"$root/etc/group"
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  chroot "$root" /lib/systemd/systemd --unit=graft.service
