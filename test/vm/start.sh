# The first process once the root is in place: mounts what a running system has, runs the tests, switches the machine off.
job=$1
export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8

mount -t tmpfs none /run
mkdir -p /dev/shm /dev/pts
mount -t tmpfs none /dev/shm
mount -t devpts none /dev/pts
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
mount -t bpf none /sys/fs/bpf
mount -t tracefs none /sys/kernel/tracing
mount -t securityfs none /sys/kernel/security
mount -t tmpfs none /sys/fs/cgroup
mkdir /sys/fs/cgroup/unified
mount -t cgroup2 none /sys/fs/cgroup/unified
"$(command -v ip || echo true)" link set lo up

port() {
  for path in /sys/class/virtio-ports/*; do
    if [ "$(cat "$path/name")" = "$1" ]; then echo "/dev/${path##*/}"; fi
  done
}
# Before 5.11 maps are charged to the process, and a system's shell has a limit that is low.
ulimit -l unlimited

log=$(port log)
. "$job/command.sh" </dev/null >"$log" 2>&1
echo "ended $?" >"$(port status)"
sync
echo o >/proc/sysrq-trigger
sleep 60
