#!/bin/busybox sh
# The first process of a machine: puts the host's root file system, with a layer in memory over it, into place.
# What is written is gone when the machine is.
export PATH=/bin
/bin/busybox --install -s /bin

fail() { echo "vm: $1" >/dev/console; poweroff -f; }

mount -t devtmpfs none /dev
mount -t proc none /proc
mount -t sysfs none /sys
while read -r module; do insmod "/modules/$module" || fail "$module does not load"; done </modules/order

# On the command line of the kernel: vm.job= the folder of the work, vm.kernel= the folder of the kernel.
for word in $(cat /proc/cmdline); do
  case $word in vm.job=*) job=${word#*=} ;; vm.kernel=*) kernel=${word#*=} ;; esac
done

mount -t virtiofs -o ro shared /shared || fail "the host's root can't be mounted"
mount -t tmpfs -o mode=755 none /memory
mkdir /memory/upper /memory/work
mount -t overlay -o lowerdir=/shared,upperdir=/memory/upper,workdir=/memory/work none /root || fail "no overlay"
mkdir -p /root/dev /root/proc /root/sys /root/run /root/tmp /root/boot /root/lib/modules
for path in dev proc sys; do mount --move "/$path" "/root/$path"; done
mount --bind "/root$kernel/lib/modules" /root/lib/modules
cp "/root$kernel/config" "/root/boot/config-$(uname -r)"
exec switch_root /root /bin/sh "$job/start.sh" "$job"
