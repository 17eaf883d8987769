#!/bin/sh
# Run a command as an image's user, on a root that cannot be written to and holds what the image would:
#   unshare --mount cage.sh IMAGE NEEDED WORD...
# IMAGE is a folder laid out as the image adds to its base: opt, models, run, state. NEEDED are further places of this
# machine, with colons in between; /usr, /etc and the like are taken from it as they are, homes are not. Nothing of this outlives it.
set -eu
image=$1
needed=$2
shift 2
root=/mnt
mount -t tmpfs tmpfs "$root"
cp -a "$image/." "$root"
for place in /*; do
    name=${place#/}
    case "$name" in opt | models | state | tmp | run | root | home | mnt | sys) continue ;; esac
    if [ -L "$place" ]; then cp -P "$place" "$root/$name"; continue; fi
    [ -d "$place" ] || continue
    mkdir -p "$root/$name"
    mount --rbind "$place" "$root/$name"
    case "$name" in proc | dev) ;; *) mount -o remount,ro,bind "$root/$name" ;; esac
done
mkdir -p "$root/tmp"
mount -t tmpfs -o mode=1777,noexec,nosuid,nodev,size=256m tmpfs "$root/tmp"
IFS=:
for place in $needed; do
    if [ ! -e "$root$place" ]; then
        mkdir -p "$root$place"
        mount --bind "$place" "$root$place"
        mount -o remount,ro,bind "$root$place"
    fi
done
unset IFS
mount -o remount,ro "$root"
mount -t tmpfs -o mode=700,uid=10001,gid=10001 tmpfs "$root/state"
exec chroot "$root" setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs --bounding-set=-all "$@"
